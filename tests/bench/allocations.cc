#include "tests/bench/allocations.h"

#include <cstddef>

namespace {

thread_local uint64_t allocations = 0;

}  // namespace

// glibc's own, which its malloc() and others are names of.
extern "C" {

void* __libc_malloc(size_t size);                // NOLINT(bugprone-reserved-identifier)
void* __libc_calloc(size_t count, size_t size);  // NOLINT(bugprone-reserved-identifier)
void* __libc_realloc(void* block, size_t size);  // NOLINT(bugprone-reserved-identifier)

void* malloc(size_t size) {
  ++allocations;
  return __libc_malloc(size);
}

void* calloc(size_t count, size_t size) {
  ++allocations;
  return __libc_calloc(count, size);
}

void* realloc(void* block, size_t size) {
  ++allocations;
  return __libc_realloc(block, size);
}

}  // extern "C"

namespace springboard {

uint64_t AllocationsOfThisThread() { return allocations; }

}  // namespace springboard
