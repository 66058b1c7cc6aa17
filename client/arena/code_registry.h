#ifndef SPRINGBOARD_CLIENT_ARENA_CODE_REGISTRY_H_
#define SPRINGBOARD_CLIENT_ARENA_CODE_REGISTRY_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "absl/status/status.h"

namespace springboard {

// Code with entry points in use. The registry's lock is held in each call.
class CodeOwner {
 public:
  virtual ~CodeOwner() = default;

  // The entry is in use no more. True if the owner has nothing left and is to be destroyed.
  virtual bool Release(const uint8_t* entry) = 0;

  // Lets an entry that is in use call another function.
  virtual absl::Status Repoint(const uint8_t* entry, const void* callee) = 0;
};

// Finds what an entry point belongs to, so that a handle need be no more than that: one pointer,
// whatever was destroyed before it. One for the process, never destroyed; thread-safe.
class CodeRegistry {
 public:
  static CodeRegistry& Get();

  using Lock = std::unique_lock<std::mutex>;
  Lock Acquire() { return Lock(mutex_); }

  // True if no code is between `begin` and `begin + size`.
  bool IsFree(const Lock& lock, const uint8_t* begin, size_t size) const;

  // All code of `owner` is between `begin` and `begin + size`. False, and nothing is taken over, if
  // other code is there: a mapper gave out the same pages twice.
  bool Add(const Lock& lock, const uint8_t* begin, size_t size, std::unique_ptr<CodeOwner>& owner);

  // Takes an owner out, to be destroyed when the lock is released.
  std::unique_ptr<CodeOwner> Take(const Lock& lock, const uint8_t* begin);

  void Release(const uint8_t* entry);
  absl::Status Repoint(const uint8_t* entry, const void* callee);

 private:
  CodeRegistry() = default;

  struct Range {
    size_t size;
    std::unique_ptr<CodeOwner> owner;
  };
  using Ranges = std::map<const uint8_t*, Range>;

  Ranges::iterator Find(const uint8_t* entry);

  std::mutex mutex_;
  Ranges ranges_;  // Guarded by mutex_.
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_ARENA_CODE_REGISTRY_H_
