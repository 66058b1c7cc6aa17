#ifndef SPRINGBOARD_TESTS_BENCH_CODE_LENGTHS_H_
#define SPRINGBOARD_TESTS_BENCH_CODE_LENGTHS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "compiler/signature.h"
#include "compiler/target.h"
#include "compiler/trampoline.h"

namespace springboard {

// Of a trampoline's code. The callee's slot behind it counts as bytes, not as an instruction.
struct CodeLength {
  size_t instructions;
  size_t bytes;
};

// One signature's code by three compilers.
struct ComparedCode {
  Signature signature;
  Trampoline ours;
  Trampoline reference;  // CompileAsCorrectedReference().
  Trampoline clang;      // CompileForwarders().
  CodeLength our_length;
  CodeLength reference_length;
  CodeLength clang_length;

  // The signature, and the listings of ours and the other.
  std::string Listing(const Trampoline& other) const;
};

// The same signatures for every target; always the same ones.
std::vector<Signature> ComparedSignatures();

// All of them on a target. Errors: those of CompileForwarders(), and of listing what was compiled.
absl::StatusOr<std::vector<ComparedCode>> CompareCode(const std::vector<Signature>& signatures,
                                                      Target target);

// Where ours takes more instructions, or more bytes.
inline bool IsLonger(const CodeLength& ours, const CodeLength& other) {
  return ours.instructions > other.instructions || ours.bytes > other.bytes;
}

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_BENCH_CODE_LENGTHS_H_
