#include "compiler/isa.h"

namespace springboard {
namespace {

using Names = std::array<absl::string_view, 32>;

constexpr Names kX64General = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                               "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
constexpr Names kX64Vector = {"xmm0", "xmm1", "xmm2",  "xmm3",  "xmm4",  "xmm5",  "xmm6",  "xmm7",
                              "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"};
constexpr Names kA64General = {"x0",  "x1",  "x2",  "x3",  "x4",  "x5",  "x6",  "x7",
                               "x8",  "x9",  "x10", "x11", "x12", "x13", "x14", "x15",
                               "x16", "x17", "x18", "x19", "x20", "x21", "x22", "x23",
                               "x24", "x25", "x26", "x27", "x28", "x29", "x30", "sp"};
constexpr Names kA64Vector = {"v0",  "v1",  "v2",  "v3",  "v4",  "v5",  "v6",  "v7",
                              "v8",  "v9",  "v10", "v11", "v12", "v13", "v14", "v15",
                              "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23",
                              "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31"};

// Indexed by ISA, then by register class.
constexpr std::array<std::array<Names, 2>, 2> kRegisterNames = {
    {{kX64General, kX64Vector}, {kA64General, kA64Vector}}};

}  // namespace

absl::string_view RegisterName(Isa isa, Register reg) {
  return kRegisterNames[static_cast<size_t>(isa)][static_cast<size_t>(reg.register_class)]
                       [reg.number & 31];
}

}  // namespace springboard
