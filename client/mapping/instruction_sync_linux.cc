#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "client/mapping/instruction_sync.h"

namespace springboard {
namespace {

// An AArch64 core may have fetched the old instructions, and forgets them only at a context
// synchronization event of its own (Arm ARM, B2.4.4); membarrier(2) makes every core that runs this
// process have one. Where it is refused, a change of thread or a system call does it in time.
[[maybe_unused]] void SynchronizeCores() {
  const auto call = [](int command) { return syscall(SYS_membarrier, command, 0, 0); };
  constexpr int kSync = MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE;
  if (call(kSync) == 0 || errno != EPERM) return;
  // Not registered in this process.
  if (call(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE) == 0) call(kSync);
}

}  // namespace

void SynchronizeInstructions(const uint8_t* code, size_t size) {
  char* const begin = reinterpret_cast<char*>(const_cast<uint8_t*>(code));
  __builtin___clear_cache(begin, begin + size);
#if defined(__aarch64__)
  SynchronizeCores();
#endif
}

}  // namespace springboard
