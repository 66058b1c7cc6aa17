#ifndef SPRINGBOARD_CLIENT_SOURCE_READERS_H_
#define SPRINGBOARD_CLIENT_SOURCE_READERS_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <thread>

#include "client/source/thread_slot.h"

namespace springboard {

// Who reads what a writer takes away. A reader takes no lock and waits for nobody. The writer first
// unlinks, by a sequentially consistent store, and deletes after Wait(): a reader that the writer
// does not see has begun after the store, and loads what it reads by loads that are sequentially
// consistent too, so it does not find what was unlinked. Thread-safe.
class Readers {
 public:
  // While it lives, what this thread finds is not deleted.
  class Section {
   public:
    explicit Section(Readers& readers) : count_(readers.slots_[ThreadSlot()].count) {
      count_.fetch_add(1, std::memory_order_seq_cst);
    }
    Section(const Section&) = delete;
    Section& operator=(const Section&) = delete;
    ~Section() { count_.fetch_sub(1, std::memory_order_release); }

   private:
    std::atomic<uint32_t>& count_;
  };

  // Returns when all have ended that may have begun before it was called.
  void Wait() const {
    for (const Slot& slot : slots_) {
      while (slot.count.load(std::memory_order_seq_cst) != 0) std::this_thread::yield();
    }
  }

 private:
  struct alignas(kThreadSlotAlignment) Slot {
    std::atomic<uint32_t> count = 0;
  };

  std::array<Slot, kThreadSlots> slots_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_SOURCE_READERS_H_
