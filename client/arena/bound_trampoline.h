#ifndef SPRINGBOARD_CLIENT_ARENA_BOUND_TRAMPOLINE_H_
#define SPRINGBOARD_CLIENT_ARENA_BOUND_TRAMPOLINE_H_

#include <cstdint>
#include <utility>

#include "absl/status/status.h"

namespace springboard {

// A trampoline that can be called: proven, relocated to its callee and mapped executable. Owns its
// place in a CodeArena and may outlive the arena; the callee must outlive it. One pointer in size.
// Move-only. Thread-compatible; the code may be called from any thread.
class BoundTrampoline {
 public:
  // For CodeArena: takes over an entry that the CodeRegistry knows.
  explicit BoundTrampoline(const uint8_t* entry) : entry_(entry) {}

  BoundTrampoline(BoundTrampoline&& other) noexcept
      : entry_(std::exchange(other.entry_, nullptr)) {}
  BoundTrampoline& operator=(BoundTrampoline&& other) noexcept {
    std::swap(entry_, other.entry_);
    return *this;
  }
  // Gives its place back: from here on nobody may call it.
  ~BoundTrampoline() {
    if (entry_ != nullptr) Release();
  }

  // The trampoline's entry point: the address to give to v8::CFunction. Nobody else gets it as long
  // as this lives. Null once moved from.
  const void* entry() const { return entry_; }

  // The entry as a function pointer of the type through which V8 calls it: the receiver, the
  // parameters as V8 passes them, and the out array if there is one.
  template <typename Function>
  Function* As() const {
    return reinterpret_cast<Function*>(reinterpret_cast<uintptr_t>(entry()));
  }

  // Lets it call `callee` from now on. Code in a static table takes the change at any time; other
  // code must not be running meanwhile. Errors:
  //   INVALID_ARGUMENT     NULL_CALLEE (callee)
  //   FAILED_PRECONDITION  CALLEE_FIXED: only MappingWay::kDual and kStaticTable can, and kDual not
  //                        in a forked child, nor where the system refused to close what code is
  //                        written through, nor an object that was moved from
  //   UNAVAILABLE          MAPPING_REFUSED: the system refuses; the message says what
  //   RESOURCE_EXHAUSTED   OUT_OF_MEMORY
  absl::Status Repoint(const void* callee);

 private:
  void Release();

  const uint8_t* entry_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_ARENA_BOUND_TRAMPOLINE_H_
