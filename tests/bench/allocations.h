#ifndef SPRINGBOARD_TESTS_BENCH_ALLOCATIONS_H_
#define SPRINGBOARD_TESTS_BENCH_ALLOCATIONS_H_

#include <cstdint>

namespace springboard {

// How often this thread has asked for memory since it began: malloc() and all that comes down to
// it, operator new and libraries included. A program that links this has another malloc().
uint64_t AllocationsOfThisThread();

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_BENCH_ALLOCATIONS_H_
