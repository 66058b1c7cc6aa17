#include "tests/client/arena/failure_injection.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <new>
#include <utility>

namespace springboard {
namespace {

FailurePlan* plan = nullptr;
long live_allocations = 0;
std::string failed_call;
bool asked_for_writable_code = false;
bool writes_are_short = false;
bool is_interrupted = false;

bool Fails() {
  const int event = plan->events++;
  return event == plan->failing || (plan->goes_on_failing && event > plan->failing);
}

bool AllocationFails() { return plan != nullptr && plan->counts_allocations && Fails(); }

bool CallFails(const char* name, const char* path = nullptr) {
  if (plan == nullptr || plan->counts_allocations || !Fails()) return false;
  failed_call = name;
  if (path != nullptr) failed_call += std::string(" ") + path;
  errno = plan->error;
  return true;
}

void Watch(int protection) {
  constexpr int kBoth = PROT_WRITE | PROT_EXEC;
  if ((protection & kBoth) == kBoth) asked_for_writable_code = true;
}

}  // namespace

FailurePlan* SetFailurePlan(FailurePlan* new_plan) { return std::exchange(plan, new_plan); }
long LiveAllocations() { return live_allocations; }
std::string FailedCall() { return failed_call; }
void SetWritesShort(bool are_short) { writes_are_short = are_short; }
bool AskedForWritableCode() { return asked_for_writable_code; }

}  // namespace springboard

// These stand in for the C++ and C libraries' own.

void* operator new(size_t size) {
  if (springboard::AllocationFails()) throw std::bad_alloc();
  void* const memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  ++springboard::live_allocations;
  return memory;
}
void operator delete(void* memory) noexcept {
  if (memory != nullptr) --springboard::live_allocations;
  std::free(memory);
}
void operator delete(void* memory, size_t /*size*/) noexcept { operator delete(memory); }

extern "C" {
int memfd_create(const char* name, unsigned flags) noexcept {
  if (springboard::CallFails("memfd_create")) return -1;
  return static_cast<int>(syscall(SYS_memfd_create, name, flags));
}
int ftruncate(int fd, off_t size) noexcept {
  if (springboard::CallFails("ftruncate")) return -1;
  return static_cast<int>(syscall(SYS_ftruncate, fd, size));
}
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  if (springboard::CallFails("pwrite")) return -1;
  if (springboard::writes_are_short) {
    springboard::is_interrupted = !springboard::is_interrupted;
    errno = EINTR;
    if (springboard::is_interrupted) return -1;
    size = 1;
  }
  return syscall(SYS_pwrite64, fd, bytes, size, offset);
}
ssize_t write(int fd, const void* bytes, size_t size) {
  if (springboard::CallFails("write")) return -1;
  return syscall(SYS_write, fd, bytes, size);
}
void* mmap(void* address, size_t size, int protection, int flags, int fd, off_t offset) noexcept {
  springboard::Watch(protection);
  const bool is_wish = (flags & MAP_FIXED_NOREPLACE) == MAP_FIXED_NOREPLACE;
  const bool replaces = (flags & MAP_FIXED) == MAP_FIXED;
  if (springboard::CallFails(is_wish ? "mmap at" : replaces ? "mmap over" : "mmap")) {
    return MAP_FAILED;
  }
  return reinterpret_cast<void*>(syscall(SYS_mmap, address, size, protection, flags, fd, offset));
}
int mprotect(void* address, size_t size, int protection) noexcept {
  springboard::Watch(protection);
  if (springboard::CallFails(protection == PROT_NONE ? "mprotect none" : "mprotect")) return -1;
  return static_cast<int>(syscall(SYS_mprotect, address, size, protection));
}
int madvise(void* address, size_t size, int advice) noexcept {
  if (springboard::CallFails("madvise")) return -1;
  return static_cast<int>(syscall(SYS_madvise, address, size, advice));
}
int open(const char* path, int flags, ...) {
  if (springboard::CallFails("open", path)) return -1;
  va_list arguments;
  va_start(arguments, flags);
  const auto mode = va_arg(arguments, unsigned);
  va_end(arguments);
  return static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}
int fcntl(int fd, int command, ...) {
  if (springboard::CallFails("fcntl")) return -1;
  va_list arguments;
  va_start(arguments, command);
  const auto argument = va_arg(arguments, long);
  va_end(arguments);
  return static_cast<int>(syscall(SYS_fcntl, fd, command, argument));
}
}
