#include "tests/conformance/emulator.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/arena/relaxation.h"
#include "compiler/fast_api.h"
#include "tests/conformance/oracle/callee_source.h"
#include "tests/conformance/oracle/record_layout.h"
#include "tests/support/bits.h"

namespace springboard {
namespace {

constexpr uint64_t kCode = 0x10000000;
constexpr uint64_t kCodeBytes = 16 << 20;
constexpr uint64_t kCallee = 0x123456789000;
constexpr uint64_t kCalleeBytes = 16 << 20;
// Where emulation stops: at the callee's address, behind the callee, behind the trampoline. Nothing
// is executed there, since Unicorn remembers a stop and would stop again.
constexpr uint64_t kEntered = 0x654321012000;
constexpr uint64_t kCalleeReturn = kEntered + 16;
// The same for code that jumps directly.
constexpr uint64_t kEnteredNear = kCode + kCodeBytes;
constexpr uint64_t kReturn = 0x20000000;
constexpr uint64_t kStack = 0x7f0000000000;
constexpr uint64_t kStackBytes = 32 << 10;
constexpr uint64_t kEntrySp = kStack + kStackBytes - (8 << 10);
constexpr uint64_t kArrays = 0x30000000;
constexpr uint64_t kArraysBytes = 16 << 10;
constexpr uint64_t kOutData = kArrays + 8192;
// Of an array's struct, in V8 of profile v8-10, and of the data pointer in it.
constexpr uint64_t kStructBytes = 24;
constexpr uint64_t kDataOffset = 8;
constexpr uint64_t kPage = 4096;

constexpr std::array<int, 16> kX64General = {
    UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_RBX, UC_X86_REG_RSP, UC_X86_REG_RBP,
    UC_X86_REG_RSI, UC_X86_REG_RDI, UC_X86_REG_R8,  UC_X86_REG_R9,  UC_X86_REG_R10, UC_X86_REG_R11,
    UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14, UC_X86_REG_R15};

int A64General(uint32_t number) {
  if (number == 29) return UC_ARM64_REG_X29;
  if (number == 30) return UC_ARM64_REG_X30;
  return UC_ARM64_REG_X0 + static_cast<int>(number);
}

struct NamedRegisters {
  int pc;
  int sp;
  int first_vector;
};

NamedRegisters Named(bool is_x64) {
  if (is_x64) return {UC_X86_REG_RIP, UC_X86_REG_RSP, UC_X86_REG_XMM0};
  return {UC_ARM64_REG_PC, UC_ARM64_REG_SP, UC_ARM64_REG_Q0};
}

// The low bytes of `bits` as a value of `type`, extended to 32 bits if it is narrower.
uint64_t Extend32(NativeType type, uint64_t bits) {
  const NativeTypeInfo& info = Info(type);
  uint64_t value = bits & Mask(info.size_bytes);
  const bool negative = info.is_signed && (value >> (info.size_bytes * 8 - 1)) != 0;
  if (negative) value |= ~Mask(info.size_bytes);
  return value & Mask(4);
}

// Between sp at entry and the stacked arguments: the return address and the shadow space, which is
// the callee's to write.
uint64_t BytesBelowArguments(Target target) {
  if (target == Target::kX64Windows) return 8 + 32;
  return target == Target::kX64SystemV ? 8 : 0;
}

// A failure here is the test's own.
void Require(uc_err error, const char* what) {
  if (error == UC_ERR_OK) return;
  std::fprintf(stderr, "the emulator cannot %s: %s\n", what, uc_strerror(error));
  std::abort();
}

std::string Differs(const std::string& what, uint64_t expected, uint64_t actual) {
  return absl::StrFormat("%s: expected 0x%x, got 0x%x", what, expected, actual);
}

}  // namespace

struct Emulator::Call {
  std::vector<NativeType> arguments;  // As V8 passes them.
  std::vector<Place> places;
  std::vector<uint64_t> bits;      // What V8 puts there: garbage above the value.
  std::vector<uint64_t> expected;  // For each parameter, the callee's 64 bits before narrowing.
  std::vector<uint64_t> saved_general;
  std::vector<std::array<uint64_t, 2>> saved_vector;
  std::vector<uint8_t> stack;  // As it was at entry.
  uint64_t result_bits = 0;    // What the callee leaves in its result register.
  uint64_t callee_sp = 0;      // At the callee's first instruction.
  uint64_t back = 0;           // Where the callee returns to.
  std::vector<uint8_t> arrays;
};

Emulator::Emulator(Target target) : target_(target), is_x64_(Info(target).isa == Isa::kX64) {
  Open();
}

Emulator::~Emulator() {
  if (engine_ != nullptr) uc_close(engine_);
}

// A fresh engine: its translation cache would otherwise remember code that was replaced.
void Emulator::Open() {
  if (engine_ != nullptr) uc_close(engine_);
  Require(
      uc_open(is_x64_ ? UC_ARCH_X86 : UC_ARCH_ARM64, is_x64_ ? UC_MODE_64 : UC_MODE_ARM, &engine_),
      "start");
  Map(kCode, kCodeBytes, UC_PROT_READ | UC_PROT_EXEC);
  Map(kCallee, kCalleeBytes, UC_PROT_READ | UC_PROT_EXEC);
  Map(kRecord, 2 * kRecordBytes, UC_PROT_READ | UC_PROT_WRITE);
  Map(kEntered, kPage, UC_PROT_READ | UC_PROT_EXEC);
  Map(kEnteredNear, kPage, UC_PROT_READ | UC_PROT_EXEC);
  Map(kReturn, kPage, UC_PROT_READ | UC_PROT_EXEC);
  Map(kStack, kStackBytes, UC_PROT_READ | UC_PROT_WRITE);
  Map(kArrays, kArraysBytes, UC_PROT_READ | UC_PROT_WRITE);
  if (!is_x64_) {
    const uint64_t enable_fp = 3 << 20;
    uc_reg_write(engine_, UC_ARM64_REG_CPACR_EL1, &enable_fp);
  }
  WatchReads(kCode, kCodeBytes);
  WatchReads(kStack, kStackBytes);
  WatchReads(kArrays, kArraysBytes);
  WriteMemory(kCallee, callees_.text.data(), callees_.text.size());
  next_code_ = kCode;
}

void Emulator::Map(uint64_t address, uint64_t size, uint32_t permissions) {
  Require(uc_mem_map(engine_, address, size, permissions), "map memory");
}

void Emulator::WatchReads(uint64_t begin, uint64_t bytes) {
  uc_hook hook = 0;
  Require(uc_hook_add(engine_, &hook, UC_HOOK_MEM_READ, reinterpret_cast<void*>(&OnRead), this,
                      begin, begin + bytes - 1),
          "watch reads");
}

void Emulator::LoadCallees(const CompiledCallees& callees) {
  callees_ = callees;
  Open();
}

// For code and a word.
void Emulator::MakeRoom(size_t size) {
  if (next_code_ + size + 32 > kCode + kCodeBytes) Open();
}

uint64_t Emulator::PlaceCode(std::vector<uint8_t> code, uint32_t callee_offset_bytes) {
  const uint64_t size = (code.size() + 15) / 16 * 16;
  MakeRoom(code.size());
  // Unicorn reports a read that crosses its pages, on AArch64 of 1 KB, as two wider ones.
  constexpr uint64_t kUnicornPage = 1024;
  if ((next_code_ + callee_offset_bytes) % kUnicornPage > kUnicornPage - sizeof(kEntered)) {
    next_code_ += 16;
  }
  std::memcpy(&code[callee_offset_bytes], &kEntered, sizeof(kEntered));
  const uint64_t address = next_code_;
  WriteMemory(address, code.data(), code.size());
  callee_slot_ = address + callee_offset_bytes;
  next_code_ += size;
  return address;
}

Emulator::Call Emulator::PrepareCall(const Signature& signature) {
  Call call;
  call.arguments.push_back(NativeType::kPointer);
  call.arguments.insert(call.arguments.end(), signature.parameters().begin(),
                        signature.parameters().end());
  if (NeedsOutArray(signature.result())) call.arguments.push_back(NativeType::kBuffer);
  call.places = PlacesFromV8(target_, call.arguments);

  for (uint32_t number = 0; number < (is_x64_ ? 16u : 31u); ++number) {
    if (!is_x64_ || number != 4) WriteGeneral(number, Random());
  }
  for (uint32_t number = 0; number < (is_x64_ ? 16u : 32u); ++number) {
    WriteVector(number, Random(), Random());
  }
  std::vector<uint64_t> noise(kStackBytes / 8);
  std::generate(noise.begin(), noise.end(), [this] { return Random(); });
  WriteMemory(kStack, noise.data(), kStackBytes);
  WriteMemory(kArrays, noise.data(), kArraysBytes);

  const uint64_t sp = is_x64_ ? kEntrySp - 8 : kEntrySp;
  WriteSp(sp);
  incoming_end_ = sp + BytesBelowArguments(target_);
  arrays_ = 0;
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    uint64_t bits = Random();
    if (call.arguments[i] == NativeType::kBool) bits &= ~uint64_t{0xFE};
    uint64_t expected = bits;
    if (call.arguments[i] == NativeType::kBuffer) {
      bits = kArrays + kStructBytes * arrays_++;
      expected =
          i + 1 == call.arguments.size() && NeedsOutArray(signature.result()) ? kOutData : Random();
      WriteWord(bits + kDataOffset, expected);
    }
    call.bits.push_back(bits);
    if (i > 0 && i <= signature.parameters().size()) call.expected.push_back(expected);
    PutArgument(call.places[i], bits);
    if (call.places[i].kind == Place::Kind::kStack) {
      incoming_end_ = std::max(incoming_end_, sp + call.places[i].value + 8);
    }
  }
  if (is_x64_) {
    WriteWord(sp, kReturn);
  } else {
    WriteGeneral(30, kReturn);
  }
  const bool copies_receiver = Random() % 2 == 0;
  for (const uint32_t number : SavedGeneral(target_)) {
    if (copies_receiver) WriteGeneral(number, call.bits[0]);
    call.saved_general.push_back(ReadGeneral(number));
  }
  for (const uint32_t number : SavedVector(target_)) {
    call.saved_vector.push_back(ReadWholeVector(number));
  }
  call.stack = ReadMemory(kStack, kStackBytes);
  call.arrays = ReadMemory(kArrays, kArraysBytes);
  return call;
}

void Emulator::PutArgument(const Place& place, uint64_t bits) {
  switch (place.kind) {
    case Place::Kind::kGeneral:
      WriteGeneral(place.value, bits);
      break;
    case Place::Kind::kVector:
      WriteVector(place.value, bits, Random());
      break;
    case Place::Kind::kStack:
      WriteWord(ReadSp() + place.value, bits);
      break;
  }
}

std::string Emulator::CheckArguments(const Call& call, const Signature& signature) {
  const std::vector<NativeType> types(signature.parameters().begin(), signature.parameters().end());
  const std::vector<Place> places = PlacesOfCallee(target_, types);
  const bool extended = CalleeReliesOnExtension(target_);
  for (size_t i = 0; i < types.size(); ++i) {
    const NativeTypeInfo& info = Info(types[i]);
    uint64_t actual = 0;
    uint32_t bytes = info.is_narrow() && extended ? 4 : info.size_bytes;
    switch (places[i].kind) {
      case Place::Kind::kGeneral:
        actual = ReadGeneral(places[i].value);
        break;
      case Place::Kind::kVector:
        actual = ReadVector(places[i].value);
        break;
      case Place::Kind::kStack:
        bytes = BytesRead(target_, types[i]);
        actual = ReadWord(ReadSp() + places[i].value);
        break;
    }
    const uint64_t expected =
        info.is_narrow() ? Extend32(types[i], call.expected[i]) : call.expected[i];
    if ((actual & Mask(bytes)) != (expected & Mask(bytes))) {
      return Differs(absl::StrCat("argument ", i, " (", info.name, ")"), expected & Mask(bytes),
                     actual & Mask(bytes));
    }
  }
  for (const uint32_t number : IntegerArgumentRegisters(target_)) {
    if (ReadGeneral(number) == call.bits[0]) {
      return absl::StrCat("the receiver is in integer argument register ", number);
    }
  }
  return "";
}

std::string Emulator::CheckStackAtCallee(const Call& call, uint64_t sp) {
  const uint64_t at_call = is_x64_ ? sp + 8 : sp;
  if (at_call % 16 != 0) return Differs("stack alignment at the call", 0, at_call % 16);
  const std::vector<uint8_t> now = ReadMemory(kStack, kStackBytes);
  const auto changed = [&](uint64_t begin, uint64_t end) {
    return !std::equal(now.begin() + static_cast<ptrdiff_t>(begin - kStack),
                       now.begin() + static_cast<ptrdiff_t>(end - kStack),
                       call.stack.begin() + static_cast<ptrdiff_t>(begin - kStack));
  };
  if (looks_at_frames_ && changed(kStack, sp)) return "memory below the stack pointer was written";
  if (changed(incoming_end_, kStack + kStackBytes)) {
    return "memory above the incoming arguments was written";
  }
  return "";
}

std::string Emulator::CheckReturnAddress(const Call& call) {
  if (call.back == kReturn || (call.back >= kCode && call.back < kCode + kCodeBytes)) return "";
  return Differs("return address", kReturn, call.back);
}

// AAPCS64 6.4.6: during a call x29 points to the caller's x29 and the return address.
std::string Emulator::CheckFrameRecord(const Call& call) {
  if (is_x64_ || !looks_at_frames_ || call.back == kReturn) return "";
  const uint64_t record = ReadGeneral(29);
  if (record < call.callee_sp || record > kEntrySp - 16) return "x29 points outside of the frame";
  const std::vector<uint32_t> saved = SavedGeneral(target_);
  const auto x29 = std::find(saved.begin(), saved.end(), 29u) - saved.begin();
  const uint64_t expected = call.saved_general[static_cast<size_t>(x29)];
  if (ReadWord(record) != expected) return Differs("the record's x29", expected, ReadWord(record));
  if (ReadWord(record + 8) == kReturn) return "";
  return Differs("the record's return address", kReturn, ReadWord(record + 8));
}

// Lets the compiled callee run, compares what it recorded, and leaves its result with garbage in
// the bits that its convention does not define.
std::string Emulator::RunCallee(Call& call, const Signature& signature, uint64_t callee) {
  const NativeType result = signature.result();
  uint64_t given = Random();
  if (result == NativeType::kBool) given &= ~uint64_t{0xFE};
  WriteWord(kRecord + kResultOffset, given);
  WriteWord(kRecord + kCallsOffset, 0);
  if (is_x64_) {
    WriteWord(call.callee_sp, kCalleeReturn);
  } else {
    WriteGeneral(30, kCalleeReturn);
  }
  std::string problem = Go(callee, kCalleeReturn, "the compiled callee");
  if (problem.empty()) problem = CheckRecord(call, signature);
  if (!problem.empty() || result == NativeType::kVoid) return problem;
  const NativeTypeInfo& info = Info(result);
  const bool is_float = info.type_class == TypeClass::kFloat;
  const uint64_t answer = is_float ? ReadVector(0) : ReadGeneral(0);
  if ((answer & Mask(info.size_bytes)) != (given & Mask(info.size_bytes))) {
    return Differs("the compiled callee's result", given, answer);
  }
  const uint32_t defined = info.is_narrow() && CalleeExtendsResult(target_) ? 4 : info.size_bytes;
  call.result_bits = (answer & Mask(defined)) | (Random() & ~Mask(defined));
  return "";
}

std::string Emulator::CheckRecord(const Call& call, const Signature& signature) {
  const uint64_t calls = ReadWord(kRecord + kCallsOffset);
  if (calls != 1) return Differs("how often the callee ran", 1, calls);
  for (size_t i = 0; i < signature.parameters().size(); ++i) {
    const NativeType type = signature.parameters()[i];
    const NativeTypeInfo& info = Info(type);
    const uint64_t bytes = ReadWord(kRecord + kSlotBytes * i);
    const uint64_t promoted = ReadWord(kRecord + kSlotBytes * i + kPromotedOffset);
    const uint64_t mask = Mask(info.size_bytes);
    if ((bytes & mask) != (call.expected[i] & mask)) {
      return Differs(absl::StrCat("the callee's argument ", i, " (", info.name, ")"),
                     call.expected[i] & mask, bytes & mask);
    }
    if (info.is_narrow() && (promoted & Mask(4)) != Extend32(type, call.expected[i])) {
      return Differs(absl::StrCat("the callee's argument ", i, " (", info.name, ") as an int"),
                     Extend32(type, call.expected[i]), promoted & Mask(4));
    }
  }
  return "";
}

void Emulator::PlayCallee(Call& call, NativeType result) {
  call.result_bits = Random();
  if (Info(result).is_narrow() && CalleeExtendsResult(target_)) {
    call.result_bits = (call.result_bits & ~Mask(4)) | Extend32(result, call.result_bits);
  }
}

// Destroys what a callee may: its argument area, shadow space, the stack below, and every register
// that is not saved.
void Emulator::Scribble(const Call& call, const Signature& signature) {
  const std::vector<uint32_t> saved = SavedGeneral(target_);
  for (uint32_t number = 0; number < (is_x64_ ? 16u : 31u); ++number) {
    const bool keep = std::find(saved.begin(), saved.end(), number) != saved.end();
    if (!keep && !(is_x64_ && number == 4)) WriteGeneral(number, Random());
  }
  const std::vector<uint32_t> saved_vector = SavedVector(target_);
  for (uint32_t number = 0; number < (is_x64_ ? 16u : 32u); ++number) {
    const bool keep =
        std::find(saved_vector.begin(), saved_vector.end(), number) != saved_vector.end();
    if (!keep) {
      WriteVector(number, Random(), Random());
    } else if (!CalleeSavesWholeVectors(target_)) {
      WriteVector(number, ReadVector(number), Random());
    }
  }
  const std::vector<NativeType> types(signature.parameters().begin(), signature.parameters().end());
  const std::vector<Place> places = PlacesOfCallee(target_, types);
  for (size_t i = 0; i < types.size(); ++i) {
    if (places[i].kind != Place::Kind::kStack) continue;
    const std::vector<uint8_t> noise(BytesTaken(target_, types[i]), 0xA5);
    WriteMemory(call.callee_sp + places[i].value, noise.data(), noise.size());
  }
  // What is below its stack pointer is the callee's frame.
  const std::vector<uint8_t> frame(call.callee_sp - kStack, 0x3C);
  WriteMemory(kStack, frame.data(), frame.size());
  if (target_ == Target::kX64Windows) {
    const std::vector<uint8_t> shadow(32, 0x5A);
    WriteMemory(call.callee_sp + 8, shadow.data(), shadow.size());
  }
}

void Emulator::PutResult(Call& call, NativeType type) {
  if (Info(type).type_class == TypeClass::kFloat) {
    WriteVector(0, call.result_bits, Random());
  } else {
    WriteGeneral(0, call.result_bits);
  }
}

// What V8 reads: the low 8 bits of a bool, 32 of other integers up to 32 bits.
std::string Emulator::CheckResult(const Call& call, NativeType type) {
  const NativeTypeInfo& info = Info(type);
  if (type == NativeType::kVoid || NeedsOutArray(type)) return "";
  const bool is_float = info.type_class == TypeClass::kFloat;
  uint32_t bytes = info.size_bytes;
  uint64_t expected = call.result_bits;
  if (info.is_narrow() && type != NativeType::kBool) {
    expected = Extend32(type, expected);
    bytes = 4;
  }
  const uint64_t actual = is_float ? ReadVector(0) : ReadGeneral(0);
  if ((actual & Mask(bytes)) == (expected & Mask(bytes))) return "";
  return Differs("result", expected & Mask(bytes), actual & Mask(bytes));
}

std::string Emulator::CheckReturn(const Call& call, const Signature& signature) {
  if (ReadSp() != kEntrySp) return Differs("stack pointer after the return", kEntrySp, ReadSp());
  const std::vector<uint32_t> saved = SavedGeneral(target_);
  for (size_t i = 0; i < saved.size(); ++i) {
    const uint64_t now = ReadGeneral(saved[i]);
    if (now != call.saved_general[i]) {
      return Differs(absl::StrCat("saved register ", saved[i]), call.saved_general[i], now);
    }
  }
  const std::vector<uint32_t> saved_vector = SavedVector(target_);
  for (size_t i = 0; i < saved_vector.size(); ++i) {
    const std::array<uint64_t, 2> now = ReadWholeVector(saved_vector[i]);
    for (size_t half = 0; half < (CalleeSavesWholeVectors(target_) ? 2 : 1); ++half) {
      if (now[half] == call.saved_vector[i][half]) continue;
      return Differs(absl::StrCat("saved vector register ", saved_vector[i], ", half ", half),
                     call.saved_vector[i][half], now[half]);
    }
  }
  const std::vector<uint8_t> now = ReadMemory(kStack, kStackBytes);
  const auto above = static_cast<ptrdiff_t>(incoming_end_ - kStack);
  if (!std::equal(now.begin() + above, now.end(), call.stack.begin() + above)) {
    return "memory above the incoming arguments was written";
  }
  std::vector<uint8_t> arrays = call.arrays;
  if (NeedsOutArray(signature.result())) {
    std::memcpy(&arrays[kOutData - kArrays], &call.result_bits, 8);
  }
  if (ReadMemory(kArrays, kArraysBytes) != arrays) {
    return NeedsOutArray(signature.result()) ? "the out array does not hold the result alone"
                                             : "an array was written";
  }
  return CheckResult(call, signature.result());
}

std::string Emulator::Run(const Signature& signature, const std::vector<uint8_t>& code,
                          uint32_t callee_offset_bytes) {
  return RunWith(signature, code, callee_offset_bytes, std::nullopt);
}

std::string Emulator::RunCompiled(const Signature& signature, const std::vector<uint8_t>& code,
                                  uint32_t callee_offset_bytes, size_t callee) {
  return RunWith(signature, code, callee_offset_bytes, kCallee + callees_.offsets[callee]);
}

std::string Emulator::RunWith(const Signature& signature, const std::vector<uint8_t>& code,
                              uint32_t callee_offset_bytes,
                              std::optional<uint64_t> compiled_callee) {
  if (code.size() < 8 || callee_offset_bytes > code.size() - 8) return "callee offset outside";
  const uint64_t entry = PlaceCode(code, callee_offset_bytes);
  std::string problem = RunOnce(signature, entry, kEntered, compiled_callee);
  // An exception leaves the engine in another privilege level.
  if (!problem.empty()) Open();
  return problem;
}

std::string Emulator::RunRelaxed(const Signature& signature, const Trampoline& trampoline) {
  MakeRoom(trampoline.code.size());
  const uint64_t entry = next_code_;
  const std::optional<CodeBytes> code = Relax(trampoline, {entry, kEnteredNear});
  if (!code.has_value()) return "it cannot be relaxed";
  WriteMemory(entry, code->data(), code->size());
  next_code_ += (code->size() + 15) / 16 * 16;
  callee_slot_ = 0;
  std::string problem = RunOnce(signature, entry, kEnteredNear, std::nullopt);
  if (!problem.empty()) Open();
  return problem;
}

std::string Emulator::RunOnce(const Signature& signature, uint64_t entry, uint64_t entered,
                              std::optional<uint64_t> compiled_callee) {
  Call call = PrepareCall(signature);
  std::string problem = GoThroughTrampoline(entry, entered, "the way to the callee");
  if (!problem.empty()) return problem;
  call.callee_sp = ReadSp();
  if (call.callee_sp < kStack || call.callee_sp > kEntrySp) {
    return Differs("the callee's stack pointer is elsewhere", kEntrySp, call.callee_sp);
  }
  call.back = is_x64_ ? ReadWord(call.callee_sp) : ReadGeneral(30);
  if (looks_at_arguments_) problem = CheckArguments(call, signature);
  if (problem.empty()) problem = CheckFrameRecord(call);
  if (problem.empty()) problem = CheckStackAtCallee(call, call.callee_sp);
  if (problem.empty()) problem = CheckReturnAddress(call);
  if (!problem.empty()) return problem;
  if (compiled_callee.has_value()) {
    problem = RunCallee(call, signature, *compiled_callee);
    if (!problem.empty()) return problem;
  } else {
    PlayCallee(call, signature.result());
  }
  Scribble(call, signature);
  PutResult(call, signature.result());
  if (is_x64_) WriteSp(call.callee_sp + 8);
  if (call.back != kReturn) {
    problem = GoThroughTrampoline(call.back, kReturn, "the way back from the callee");
  }
  return problem.empty() ? CheckReturn(call, signature) : problem;
}

std::string Emulator::GoThroughTrampoline(uint64_t from, uint64_t until, const char* what) {
  forbidden_read_ = nullptr;
  in_trampoline_ = true;
  std::string problem = Go(from, until, what);
  in_trampoline_ = false;
  if (problem.empty() && forbidden_read_ != nullptr) problem = forbidden_read_;
  return problem;
}

void Emulator::OnRead(uc_engine* /*engine*/, uc_mem_type /*type*/, uint64_t address, int size,
                      int64_t /*value*/, void* self) {
  Emulator& emulator = *static_cast<Emulator*>(self);
  if (!emulator.in_trampoline_) return;
  const char* const what = emulator.ForbiddenRead(address, address + static_cast<uint64_t>(size));
  if (what != nullptr) emulator.forbidden_read_ = what;
}

// Null if the trampoline may read there.
const char* Emulator::ForbiddenRead(uint64_t begin, uint64_t end) const {
  if (begin >= kStack) {
    return end > incoming_end_ ? "memory above the incoming arguments was read" : nullptr;
  }
  if (begin >= kArrays) {
    const uint64_t array = (begin - kArrays) / kStructBytes;
    const uint64_t data = kArrays + kStructBytes * array + kDataOffset;
    const bool is_data = array < arrays_ && begin >= data && end <= data + 8;
    return is_data ? nullptr : "an array was read elsewhere than at its data pointer";
  }
  const bool is_slot = !is_x64_ && begin >= callee_slot_ && end <= callee_slot_ + 8;
  return is_slot ? nullptr : "the code was read elsewhere than at the callee's slot";
}

std::string Emulator::Go(uint64_t from, uint64_t until, const char* what) {
  constexpr size_t kMaxInstructions = 4096;
  const uc_err error = uc_emu_start(engine_, from, until, 0, kMaxInstructions);
  uint64_t pc = 0;
  uc_reg_read(engine_, Named(is_x64_).pc, &pc);
  if (error != UC_ERR_OK) return absl::StrCat(what, " stops: ", uc_strerror(error));
  return pc == until ? "" : Differs(what, until, pc);
}

uint64_t Emulator::ReadGeneral(uint32_t number) {
  uint64_t value = 0;
  uc_reg_read(engine_, is_x64_ ? kX64General[number] : A64General(number), &value);
  return value;
}

void Emulator::WriteGeneral(uint32_t number, uint64_t value) {
  uc_reg_write(engine_, is_x64_ ? kX64General[number] : A64General(number), &value);
}

uint64_t Emulator::ReadVector(uint32_t number) { return ReadWholeVector(number)[0]; }

std::array<uint64_t, 2> Emulator::ReadWholeVector(uint32_t number) {
  std::array<uint64_t, 2> value = {};
  const int base = Named(is_x64_).first_vector;
  uc_reg_read(engine_, base + static_cast<int>(number), value.data());
  return value;
}

void Emulator::WriteVector(uint32_t number, uint64_t low, uint64_t high) {
  const std::array<uint64_t, 2> value = {low, high};
  const int base = Named(is_x64_).first_vector;
  uc_reg_write(engine_, base + static_cast<int>(number), value.data());
}

uint64_t Emulator::ReadSp() {
  uint64_t value = 0;
  uc_reg_read(engine_, Named(is_x64_).sp, &value);
  return value;
}

void Emulator::WriteSp(uint64_t value) { uc_reg_write(engine_, Named(is_x64_).sp, &value); }

std::vector<uint8_t> Emulator::ReadMemory(uint64_t address, size_t size) {
  std::vector<uint8_t> bytes(size);
  uc_mem_read(engine_, address, bytes.data(), size);
  return bytes;
}

void Emulator::WriteMemory(uint64_t address, const void* bytes, size_t size) {
  Require(uc_mem_write(engine_, address, bytes, size), "write memory");
}

uint64_t Emulator::ReadWord(uint64_t address) {
  uint64_t value = 0;
  uc_mem_read(engine_, address, &value, sizeof(value));
  return value;
}

void Emulator::WriteWord(uint64_t address, uint64_t value) {
  uc_mem_write(engine_, address, &value, sizeof(value));
}

}  // namespace springboard
