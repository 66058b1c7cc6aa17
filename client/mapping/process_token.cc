#include "client/mapping/process_token.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <new>

namespace springboard {
namespace {

using Token = std::atomic<uint64_t>;

// On a page that the kernel clears in every child, however it was made; null if it does not.
Token* MakeToken() {
  const auto size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void* const page =
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return nullptr;
  if (madvise(page, size, MADV_WIPEONFORK) == 0) return new (page) Token(0);
  munmap(page, size);
  return nullptr;
}

// A child has its parent's.
std::atomic<uint64_t> last_token = 0;

}  // namespace

uint64_t ProcessToken() {
  static Token* const token = MakeToken();
  if (token == nullptr) return static_cast<uint64_t>(getpid());
  uint64_t value = *token;
  if (value != 0) return value;
  const uint64_t next = ++last_token;
  return token->compare_exchange_strong(value, next) ? next : value;
}

}  // namespace springboard
