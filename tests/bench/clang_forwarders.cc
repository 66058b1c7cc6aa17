#include "tests/bench/clang_forwarders.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cli/disassembler.h"
#include "compiler/fast_api.h"
#include "tests/conformance/oracle/callee_source.h"
#include "tests/conformance/oracle/object_code.h"
#include "tests/support/files.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

constexpr size_t kSlotBytes = 8;
// Stands for the callee's address in x64 code; too wide for any shorter instruction than movabs.
constexpr std::array<uint8_t, kSlotBytes> kAddress = {0xEF, 0xCD, 0xAB, 0x89,
                                                      0x67, 0x45, 0x23, 0x71};

// Indexed by Target.
constexpr std::array<const char*, 5> kTriples = {"x86_64-linux-gnu", "x86_64-pc-windows-msvc",
                                                 "arm64-apple-macos", "aarch64-linux-gnu",
                                                 "aarch64-pc-windows-msvc"};

bool IsX64(Target target) { return Info(target).isa == Isa::kX64; }
bool IsFloat(NativeType type) { return Info(type).type_class == TypeClass::kFloat; }

// The type that the callee has a parameter of. A _Bool would be compared with zero on the way.
const char* CalleeType(NativeType type) {
  return type == NativeType::kBool ? "unsigned char" : CType(type);
}

const char* ResultType(NativeType type) {
  if (NeedsOutArray(type)) return "void";
  if (!Info(type).is_narrow() || type == NativeType::kBool) return CalleeType(type);
  return Info(type).is_signed ? "int" : "unsigned";
}

// Writes one function.
class Forwarder {
 public:
  Forwarder(const Signature& signature, Target target) : signature_(signature), target_(target) {}

  std::string Write(const std::string& name) {
    for (size_t i = 0; i < signature_.parameters().size(); ++i) {
      AddParameter(signature_.parameters()[i], absl::StrCat("a", i));
    }
    const NativeType result = signature_.result();
    if (NeedsOutArray(result)) {
      absl::StrAppend(&parameters_, ", struct array *out");
      absl::StrAppend(&body_, "  ", CalleeType(result), " *to = out->data;\n");
    }
    if (!OverwritesReceiver()) absl::StrAppend(&body_, "  CLEAR_RECEIVER;\n");
    absl::StrAppend(&body_, "  LOAD_CALLEE;\n  ");
    if (NeedsOutArray(result)) {
      absl::StrAppend(&body_, "*to = ");
    } else if (result != NativeType::kVoid) {
      absl::StrAppend(&body_, "return ");
    }
    return absl::StrCat(ResultType(result), " ", name, "(void *receiver", parameters_, ") {\n",
                        body_, "((", CalleeType(result), "(*)(", types_.empty() ? "void" : types_,
                        "))callee)(", arguments_, ");\n}\n");
  }

 private:
  void AddParameter(NativeType type, const std::string& name) {
    const char* const comma = types_.empty() ? "" : ", ";
    absl::StrAppend(&types_, comma, CalleeType(type));
    absl::StrAppend(&parameters_, ", ", ParameterType(type), " ", name);
    if (is_packed_ && type == NativeType::kF32) {
      absl::StrAppend(&arguments_, comma, name, ".value");
    } else if (type == NativeType::kBuffer) {
      absl::StrAppend(&arguments_, comma, name, "->data");
    } else {
      absl::StrAppend(&arguments_, comma, "(", CalleeType(type), ")", name);
    }
  }

  // The type that V8 passes.
  const char* ParameterType(NativeType type) {
    uint32_t& taken = IsFloat(type) ? floats_ : integers_;
    const uint32_t registers = IsFloat(type) ? 8 : 7;  // Less the receiver's.
    is_packed_ = taken++ >= registers && target_ == Target::kA64Apple;
    if (type == NativeType::kBuffer) return "struct array *";
    if (is_packed_ && type == NativeType::kF32) return "struct slot";
    if (IsFloat(type)) return CType(type);
    if (is_packed_ && Info(type).size_bytes < 8) return "unsigned long long";
    if (!Info(type).is_narrow()) return CType(type);
    return Info(type).is_signed ? "int" : "unsigned";
  }

  bool OverwritesReceiver() const {
    const absl::Span<const NativeType> types = signature_.parameters();
    if (target_ == Target::kX64Windows) return !types.empty() && !IsFloat(types.front());
    return !std::all_of(types.begin(), types.end(), IsFloat);
  }

  const Signature& signature_;
  const Target target_;
  std::string types_;
  std::string parameters_;
  std::string body_;
  std::string arguments_;
  uint32_t integers_ = 0;
  uint32_t floats_ = 0;
  bool is_packed_ = false;  // The last parameter's slot is larger than the callee's.
};

const char* Preamble(Target target) {
  switch (target) {
    case Target::kX64SystemV:
      return "#define CLEAR_RECEIVER __asm__ volatile(\"xorl %%edi, %%edi\" ::: \"rdi\")\n"
             "#define LOAD_CALLEE void *callee = (void *)0x7123456789abcdefull\n";
    case Target::kX64Windows:
      return "#define CLEAR_RECEIVER __asm__ volatile(\"xorl %%ecx, %%ecx\" ::: \"rcx\")\n"
             "#define LOAD_CALLEE void *callee = (void *)0x7123456789abcdefull\n";
    default:
      return "__asm__(\".text\\n.p2align 3\\nLcallee: .quad 0\");\n"
             "#define CLEAR_RECEIVER __asm__ volatile(\"mov x0, xzr\" ::: \"x0\")\n"
             "#define LOAD_CALLEE void *callee; __asm__(\"ldr %0, Lcallee\" : \"=r\"(callee))\n";
  }
}

uint32_t WordAt(const CodeBytes& code, size_t offset) {
  uint32_t word = 0;
  for (size_t i = 4; i-- > 0;) word = word << 8 | code[offset + i];
  return word;
}

// Lets the load of the literal name the 8 bytes that it puts behind the code.
bool AppendLiteral(CodeBytes& code, uint32_t& slot) {
  slot = static_cast<uint32_t>(code.size());
  for (uint32_t offset = 0; offset < slot; offset += 4) {
    const uint32_t word = WordAt(code, offset);
    if ((word & 0xFF000000) != 0x58000000) continue;
    const uint32_t relocated = (word & 0xFF00001F) | (slot - offset) / 4 << 5;
    for (size_t i = 0; i < 4; ++i) code[offset + i] = static_cast<uint8_t>(relocated >> (8 * i));
    code.insert(code.end(), kSlotBytes, 0);
    return true;
  }
  return false;
}

// Zeros the callee's address.
bool ClearAddress(CodeBytes& code, uint32_t& slot) {
  const auto found = std::search(code.begin(), code.end(), kAddress.begin(), kAddress.end());
  if (found == code.end()) return false;
  std::fill_n(found, kSlotBytes, uint8_t{0});
  slot = static_cast<uint32_t>(found - code.begin());
  return true;
}

bool EndsFunction(const std::string& text) {
  return text == "ret" || absl::StartsWith(text, "jmp ") || absl::StartsWith(text, "br ");
}

// Cuts off what pads the function to the next one's alignment.
absl::Status CutPadding(Trampoline& forwarder) {
  const auto listing = Disassemble(forwarder);
  if (!listing.ok()) return listing.status();
  for (const DisassembledInstruction& one : *listing) {
    if (!EndsFunction(one.text)) continue;
    forwarder.code.resize(one.offset_bytes + one.bytes.size() / 2);
    return absl::OkStatus();
  }
  return absl::InternalError("a forwarder does not end");
}

absl::StatusOr<Trampoline> AsTrampoline(CodeBytes code, Target target) {
  Trampoline forwarder = {
      std::move(code), {RelocationKind::kAbsolute64, 0}, 16, target, {}, 0, false, kCodegenVersion};
  uint32_t& slot = forwarder.relocation.callee_offset_bytes;
  const bool has_slot =
      IsX64(target) ? ClearAddress(forwarder.code, slot) : AppendLiteral(forwarder.code, slot);
  if (!has_slot) return absl::InternalError("a forwarder does not load its callee's address");
  if (!IsX64(target)) return forwarder;
  const absl::Status cut = CutPadding(forwarder);
  return cut.ok() ? absl::StatusOr<Trampoline>(std::move(forwarder)) : cut;
}

absl::StatusOr<ObjectCode> RunClang(const std::string& source, Target target) {
  const TemporaryFolder folder;
  if (!WriteFile(folder.File("forwarders.c"), source)) {
    return absl::InternalError(absl::StrCat("cannot write ", folder.File("forwarders.c")));
  }
  const ProcessResult result = RunProgram(
      {"/usr/bin/clang-14", absl::StrCat("--target=", kTriples[static_cast<size_t>(target)]), "-c",
       "-O2", "-w", "-ffreestanding", "-fno-pic", "-fno-stack-protector",
       IsX64(target) ? "-fomit-frame-pointer" : "-fno-omit-frame-pointer",
       folder.File("forwarders.c"), "-o", folder.File("forwarders.o")});
  if (result.exit_code != 0) {
    return absl::InternalError(absl::StrCat("clang failed: ", result.err.substr(0, 2000)));
  }
  return ReadObjectCode(ReadFile(folder.File("forwarders.o")));
}

}  // namespace

std::string ForwarderSource(absl::Span<const Signature> signatures, Target target) {
  std::string source = absl::StrCat(
      "struct array { unsigned long long length; void *data; };\n"
      "struct slot { float value, above; };\n",
      Preamble(target));
  for (size_t i = 0; i < signatures.size(); ++i) {
    source += Forwarder(signatures[i], target).Write(CalleeName(i));
  }
  return source;
}

absl::StatusOr<std::vector<Trampoline>> CompileForwarders(absl::Span<const Signature> signatures,
                                                          Target target) {
  const absl::StatusOr<ObjectCode> object = RunClang(ForwarderSource(signatures, target), target);
  if (!object.ok()) return object.status();
  std::vector<Trampoline> forwarders;
  for (size_t i = 0; i < signatures.size(); ++i) {
    const auto begin = object->offsets.find(CalleeName(i));
    const auto end = object->offsets.find(CalleeName(i + 1));
    if (begin == object->offsets.end()) {
      return absl::InternalError(absl::StrCat(CalleeName(i), " is not in the object"));
    }
    const size_t size = (end == object->offsets.end() ? object->text.size() : end->second);
    const auto text = object->text.begin();
    absl::StatusOr<Trampoline> forwarder = AsTrampoline(
        {text + static_cast<ptrdiff_t>(begin->second), text + static_cast<ptrdiff_t>(size)},
        target);
    if (!forwarder.ok()) return forwarder.status();
    forwarders.push_back(*std::move(forwarder));
  }
  return forwarders;
}

}  // namespace springboard
