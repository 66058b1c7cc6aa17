#ifndef SPRINGBOARD_TESTS_CONFORMANCE_RUNNER_H_
#define SPRINGBOARD_TESTS_CONFORMANCE_RUNNER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "compiler/compile_request.h"
#include "compiler/signature.h"
#include "compiler/target.h"
#include "compiler/trampoline.h"

namespace springboard {

// A trampoline that does not do what its signature asks.
struct WrongTrampoline {
  size_t index;  // Of its signature among those that were run.
  std::string problem;
};

// What makes the trampolines that are run: Compile(), or a test's own. Thread-safe.
using CompileFunction = std::function<absl::StatusOr<Trampoline>(const CompileRequest&)>;

// A way of executing trampolines of one target between a caller and a callee that know nothing of
// the compiler. Thread-safe.
class Runner {
 public:
  virtual ~Runner() = default;

  // What executes, and with which callees: "emulated, clang", "Wine, gcc".
  virtual std::string name() const = 0;
  virtual Target target() const = 0;

  // Compiles and executes a trampoline for each signature; the wrong ones. Values come from
  // CaseSeed(seed, signature). Error: INTERNAL if a compiler or the program that executes does not
  // work, so that nothing is known.
  virtual absl::StatusOr<std::vector<WrongTrampoline>> Run(absl::Span<const Signature> signatures,
                                                           uint64_t seed) const = 0;
};

struct ConformanceFailure {
  Signature smallest;   // To which the failure was shrunk.
  std::string problem;  // Of the smallest.
  // Ready to paste: "springboard compile --format=asm --target=... --signature='...'".
  std::string command;
};

struct ConformanceResult {
  size_t cases = 0;
  size_t failures = 0;
  // Of the first few; the others would tell the same.
  std::vector<ConformanceFailure> shown;
};

// Runs the signatures, some hundreds at a time, and shrinks what fails. Error: the runner's.
absl::StatusOr<ConformanceResult> Examine(const Runner& runner,
                                          absl::Span<const Signature> signatures, uint64_t seed);

// How many signatures Examine() hands to a runner at once.
inline constexpr size_t kRunnerBatchSize = 500;

// "springboard compile --format=asm ...": shows the trampoline of a signature.
std::string CompileCommand(Target target, const Signature& signature);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CONFORMANCE_RUNNER_H_
