#include "client/cli/compile_portions.h"

#include <algorithm>
#include <cstddef>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "client/code_check.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

absl::StatusOr<std::vector<Trampoline>> CompileProven(const PortionOptions& options,
                                                      absl::Span<const CompileRequest> requests) {
  CompileResults results = options.source->CompileMany(requests, options.deadline());
  std::vector<Trampoline> proven;
  proven.reserve(results.size());
  for (size_t i = 0; i < results.size(); ++i) {
    const Signature& signature = requests[i].signature;
    absl::Status status = results[i].ok() ? CheckCode(signature, *results[i], Verification::kOn)
                                          : results[i].status();
    if (!status.ok()) return WithFieldPrefix(status, signature.ToString());
    proven.push_back(*std::move(results[i]));
  }
  return proven;
}

// What the threads share. Thread-safe.
class Portions {
 public:
  Portions(const PortionOptions& options, const NextRequests& next, const TakePortion& take)
      : options_(options), next_(next), take_(take) {}

  // Compiles portions until there are no more.
  void Run() {
    size_t number = 0;
    for (auto requests = Next(number); !requests.empty(); requests = Next(number)) {
      Take(number, requests, CompileProven(options_, requests));
    }
  }

  absl::Status status() const {
    const absl::MutexLock lock(&mutex_);
    return status_;
  }

 private:
  std::vector<CompileRequest> Next(size_t& number) {
    const absl::MutexLock lock(&mutex_);
    if (!status_.ok()) return {};
    number = given_++;
    return next_();
  }

  // Waits for the turn of the portion.
  void Take(size_t number, absl::Span<const CompileRequest> requests,
            const absl::StatusOr<std::vector<Trampoline>>& trampolines) {
    const auto is_its_turn = [this, number]()
                                 ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return taken_ == number; };
    const absl::MutexLock lock(&mutex_, absl::Condition(&is_its_turn));
    ++taken_;
    if (!status_.ok()) return;
    status_ = trampolines.ok() ? take_(requests, *trampolines) : trampolines.status();
  }

  const PortionOptions& options_;
  mutable absl::Mutex mutex_;
  const NextRequests& next_ ABSL_GUARDED_BY(mutex_);
  const TakePortion& take_ ABSL_GUARDED_BY(mutex_);
  size_t given_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t taken_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::Status CompilePortions(const PortionOptions& options, const NextRequests& next,
                             const TakePortion& take) {
  Portions portions(options, next, take);
  std::vector<std::thread> threads;
  for (uint32_t i = 1; i < options.threads; ++i) {
    threads.emplace_back([&portions] { portions.Run(); });
  }
  portions.Run();
  for (std::thread& thread : threads) thread.join();
  return portions.status();
}

}  // namespace springboard
