#ifndef SPRINGBOARD_TESTS_CLIENT_ARENA_FAILURE_INJECTION_H_
#define SPRINGBOARD_TESTS_CLIENT_ARENA_FAILURE_INJECTION_H_

#include <string>

// A program that links this has operator new and the system calls of mapping replaced by some that
// can be made to fail. For one thread.

namespace springboard {

// What is to fail: the event with this number, from 0, and, if it is so, all after it.
struct FailurePlan {
  bool counts_allocations;  // Else system calls.
  int failing;
  bool goes_on_failing;
  int error;       // errno, of system calls.
  int events = 0;  // So far.
};

// In force until the next call; null for none. Not owned. Returns the one before.
FailurePlan* SetFailurePlan(FailurePlan* plan);

// Of operator new, not yet deleted.
long LiveAllocations();

// The system call that failed last: "mmap", "mprotect none", "open /proc/self/fd/5".
std::string FailedCall();

// Lets every second pwrite() be interrupted, and others write a byte.
void SetWritesShort(bool are_short);

// True if memory was asked for that is writable and executable, ever.
bool AskedForWritableCode();

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CLIENT_ARENA_FAILURE_INJECTION_H_
