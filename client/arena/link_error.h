#ifndef SPRINGBOARD_CLIENT_ARENA_LINK_ERROR_H_
#define SPRINGBOARD_CLIENT_ARENA_LINK_ERROR_H_

#include <pthread.h>

#include <exception>
#include <string>

#include "absl/status/status.h"
#include "client/mapping/code_region.h"

// The errors that linking and re-pointing have in common.

namespace springboard {

// INVALID_ARGUMENT, NULL_CALLEE (callee).
absl::Status NullCallee();

// FAILED_PRECONDITION, CALLEE_FIXED.
absl::Status CalleeFixed();

// RESOURCE_EXHAUSTED, ARENA_FULL: what was reserved is used up.
absl::Status ArenaFull();

// UNAVAILABLE, MAPPING_REFUSED, with the likely cause. `directory`: of the files that were to be
// mapped, or empty.
absl::Status MappingRefused(const MappingError& error, const std::string& directory);

// RESOURCE_EXHAUSTED, OUT_OF_MEMORY; without details if there is no memory for them either. Never
// throws.
absl::Status OutOfMemory() noexcept;

// While it lives the thread cannot be cancelled: a cancellation would unwind from the system calls
// of mapping, through code that must end what it began.
class NoCancellation {
 public:
  NoCancellation() { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before_); }
  NoCancellation(const NoCancellation&) = delete;
  NoCancellation& operator=(const NoCancellation&) = delete;
  ~NoCancellation() { pthread_setcancelstate(before_, nullptr); }

 private:
  int before_ = PTHREAD_CANCEL_ENABLE;
};

// The C++ library tells by an exception that there is no memory: here it becomes an error.
// `function` returns something that is made from an absl::Status.
template <typename Function>
auto WithoutThrowing(const Function& function) noexcept -> decltype(function()) {
  const NoCancellation no_cancellation;
  try {
    return function();
  } catch (const std::exception&) {
    return OutOfMemory();
  }
}

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_ARENA_LINK_ERROR_H_
