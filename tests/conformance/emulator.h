#ifndef SPRINGBOARD_TESTS_CONFORMANCE_EMULATOR_H_
#define SPRINGBOARD_TESTS_CONFORMANCE_EMULATOR_H_

#include <unicorn/unicorn.h>

#include <array>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "compiler/signature.h"
#include "compiler/trampoline.h"
#include "tests/conformance/abi_oracle.h"
#include "tests/conformance/oracle/oracle_compiler.h"

namespace springboard {

// Runs trampolines of one target in Unicorn: sets up V8's call with random values and garbage
// around them, and in half of the runs copies of the receiver in the registers that a callee keeps,
// as V8 may have them there; stops at the callee's first instruction and compares what it would
// see, lets a compiled callee run or plays one, destroys everything that a callee may, and compares
// what V8 would see. Watches what the trampoline itself reads.
class Emulator {
 public:
  explicit Emulator(Target target);
  ~Emulator();
  Emulator(const Emulator&) = delete;
  Emulator& operator=(const Emulator&) = delete;

  // Of the values of the next case; without it, each takes others.
  void Seed(uint64_t seed) { random_.seed(seed); }

  // Leaves it to compiled callees to find wrong arguments, to show that they do.
  void IgnoreArguments() { looks_at_arguments_ = false; }

  // A compiler may have had a frame before a tail call, and no frame record.
  void IgnoreFrames() { looks_at_frames_ = false; }

  // Callees for the calls to come.
  void LoadCallees(const CompiledCallees& callees);

  // An empty text if the trampoline does what its signature asks, else the first difference.
  // `code` is unpatched. The callee is played.
  std::string Run(const Signature& signature, const std::vector<uint8_t>& code,
                  uint32_t callee_offset_bytes);

  // The same with the code relaxed: its callee is within reach of a direct jump. A text too if it
  // cannot be relaxed.
  std::string RunRelaxed(const Signature& signature, const Trampoline& trampoline);

  // The same as Run() with the n-th of the loaded callees, which is compiled from that signature.
  std::string RunCompiled(const Signature& signature, const std::vector<uint8_t>& code,
                          uint32_t callee_offset_bytes, size_t callee);

 private:
  struct Call;

  void Open();
  void Map(uint64_t address, uint64_t size, uint32_t permissions);
  std::string RunWith(const Signature& signature, const std::vector<uint8_t>& code,
                      uint32_t callee_offset_bytes, std::optional<uint64_t> compiled_callee);
  // From `entry` to where the callee is entered, and back.
  std::string RunOnce(const Signature& signature, uint64_t entry, uint64_t entered,
                      std::optional<uint64_t> compiled_callee);
  void MakeRoom(size_t size);
  uint64_t PlaceCode(std::vector<uint8_t> code, uint32_t callee_offset_bytes);
  Call PrepareCall(const Signature& signature);
  void PutArgument(const Place& place, uint64_t bits);
  std::string CheckArguments(const Call& call, const Signature& signature);
  std::string CheckStackAtCallee(const Call& call, uint64_t sp);
  std::string CheckReturnAddress(const Call& call);
  std::string CheckFrameRecord(const Call& call);
  std::string RunCallee(Call& call, const Signature& signature, uint64_t callee);
  std::string CheckRecord(const Call& call, const Signature& signature);
  void PlayCallee(Call& call, NativeType result);
  void Scribble(const Call& call, const Signature& signature);
  void PutResult(Call& call, NativeType type);
  std::string CheckResult(const Call& call, NativeType type);
  std::string CheckReturn(const Call& call, const Signature& signature);
  std::string GoThroughTrampoline(uint64_t from, uint64_t until, const char* what);
  std::string Go(uint64_t from, uint64_t until, const char* what);
  void WatchReads(uint64_t begin, uint64_t bytes);
  static void OnRead(uc_engine* engine, uc_mem_type type, uint64_t address, int size, int64_t value,
                     void* self);
  const char* ForbiddenRead(uint64_t begin, uint64_t end) const;

  uint64_t ReadGeneral(uint32_t number);
  void WriteGeneral(uint32_t number, uint64_t value);
  uint64_t ReadVector(uint32_t number);  // The low half.
  std::array<uint64_t, 2> ReadWholeVector(uint32_t number);
  void WriteVector(uint32_t number, uint64_t low, uint64_t high);
  uint64_t ReadSp();
  void WriteSp(uint64_t value);
  std::vector<uint8_t> ReadMemory(uint64_t address, size_t size);
  void WriteMemory(uint64_t address, const void* bytes, size_t size);
  uint64_t ReadWord(uint64_t address);
  void WriteWord(uint64_t address, uint64_t value);
  uint64_t Random() { return random_(); }

  const Target target_;
  const bool is_x64_;
  uc_engine* engine_ = nullptr;
  uint64_t next_code_ = 0;
  CompiledCallees callees_;
  bool looks_at_arguments_ = true;
  bool looks_at_frames_ = true;
  bool in_trampoline_ = false;
  uint64_t incoming_end_ = 0;             // Behind the last stacked argument that V8 passed.
  size_t arrays_ = 0;                     // How many structs of arrays V8 passed.
  uint64_t callee_slot_ = 0;              // In the code.
  const char* forbidden_read_ = nullptr;  // What the trampoline read that it must not.
  std::mt19937_64 random_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CONFORMANCE_EMULATOR_H_
