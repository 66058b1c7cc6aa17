#include "client/source/thread_slot.h"

#include <atomic>

namespace springboard {
namespace {

std::atomic<size_t> threads = 0;

}  // namespace

size_t ThreadSlot() {
  static thread_local const size_t slot =
      threads.fetch_add(1, std::memory_order_relaxed) % kThreadSlots;
  return slot;
}

}  // namespace springboard
