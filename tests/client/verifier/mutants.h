#ifndef SPRINGBOARD_TESTS_CLIENT_VERIFIER_MUTANTS_H_
#define SPRINGBOARD_TESTS_CLIENT_VERIFIER_MUTANTS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "compiler/signature.h"
#include "compiler/trampoline.h"

namespace springboard {

// How a trampoline's code is changed.
enum class Mutation : uint8_t {
  kBitFlip,     // One bit of one byte; every one of them.
  kSwap,        // Two instructions.
  kDeletion,    // Of an instruction.
  kInsertion,   // Of a copy of an instruction, of this trampoline or of another.
  kRename,      // Bits of a register's number in an instruction.
  kTruncation,  // Bytes at the end are left out.
};
inline constexpr size_t kMutations = 6;

const char* Name(Mutation mutation);

// Code with its callee's offset, as a server might send it.
struct Mutant {
  std::vector<uint8_t> code;
  uint32_t callee_offset_bytes;
};

// Calls `visit` with every bit flip of the trampoline and `random_count` mutants of each other
// kind, leaving out those that are the trampoline itself. `other` gives instructions for
// insertion, of the same target.
void ForEachMutant(const Trampoline& trampoline, const Trampoline& other, int random_count,
                   std::mt19937_64& random,
                   const std::function<void(Mutation, const Mutant&)>& visit);

struct MutantCounts {
  uint64_t mutants = 0;
  uint64_t rejected = 0;
  // Accepted, and found to do what the trampoline does, wherever they were executed.
  uint64_t harmless = 0;
  // Accepted, and found to do something else.
  uint64_t false_accepts = 0;
};

struct MutantReport {
  uint64_t trampolines = 0;
  std::array<MutantCounts, kMutations> counts;  // Indexed by Mutation.
  std::vector<std::string> examples;            // Of false accepts, the first few.

  void Add(const MutantReport& other);
  uint64_t false_accepts() const;
  // A table: a line for each mutation, and the sum.
  std::string ToString() const;
};

// Gives the verifier the mutants of `signatures` random trampolines of the target, and executes
// what it accepts in the emulator, on several random states.
MutantReport VerifyMutants(Target target, int signatures, int random_count, uint32_t seed);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CLIENT_VERIFIER_MUTANTS_H_
