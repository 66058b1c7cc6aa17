#ifndef SPRINGBOARD_CLIENT_ARENA_CODE_OBSERVER_H_
#define SPRINGBOARD_CLIENT_ARENA_CODE_OBSERVER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "compiler/signature.h"
#include "compiler/target.h"

namespace springboard {

// Trampolines that are about to be handed out, in one executable mapping.
struct NewCode {
  struct Entry {
    const uint8_t* begin;
    uint32_t size_bytes;
    const Signature* signature;  // Never null.

    absl::Span<const uint8_t> code() const { return {begin, size_bytes}; }
  };

  Target target;
  absl::Span<const Entry> entries;  // At least one, by ascending address.

  const uint8_t* begin() const { return entries.front().begin; }
  const uint8_t* end() const { return entries.back().begin + entries.back().size_bytes; }
};

// What a tool knows of code, until destruction: the code ends right after.
class CodeRegistration {
 public:
  virtual ~CodeRegistration() = default;
};

// Tells a debugger, a profiler or an unwinder of new code. Thread-safe. Both it and its
// registrations are called with locks of the arena held: they must not link or release.
class CodeObserver {
 public:
  virtual ~CodeObserver() = default;

  // Called when the code can be run and nobody has its entry points yet. May return null if there
  // is nothing to undo. After an error the code is not handed out.
  virtual absl::StatusOr<std::unique_ptr<CodeRegistration>> Observe(const NewCode& code) = 0;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_ARENA_CODE_OBSERVER_H_
