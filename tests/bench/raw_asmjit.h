#ifndef SPRINGBOARD_TESTS_BENCH_RAW_ASMJIT_H_
#define SPRINGBOARD_TESTS_BENCH_RAW_ASMJIT_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "compiler/trampoline.h"

namespace springboard {

// What asmjit alone takes for the instructions of a trampoline, which it is given as its own
// operands: no compiler that encodes by asmjit can be faster. Thread-compatible.
class RawAsmjit {
 public:
  virtual ~RawAsmjit() = default;

  // How a CodeHolder is used for one trampoline after another.
  enum class Reuse {
    kReset,   // As asmjit's manual has it: reset(), init(), attach().
    kRewind,  // Only the assembler goes back to the begin of its buffer.
  };

  // Encodes all instructions, and gives the bytes, until the next time; none if asmjit has an
  // error.
  virtual absl::Span<const uint8_t> Assemble(Reuse reuse) = 0;
};

// Of the trampoline's instructions, as the verifier's decoder reads them. Error: INTERNAL if the
// bytes that asmjit makes of them are not the trampoline's.
absl::StatusOr<std::unique_ptr<RawAsmjit>> MakeRawAsmjit(const Trampoline& trampoline);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_BENCH_RAW_ASMJIT_H_
