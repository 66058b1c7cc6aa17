#ifndef SPRINGBOARD_CLIENT_ARENA_LINKER_H_
#define SPRINGBOARD_CLIENT_ARENA_LINKER_H_

#include <cstddef>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "client/arena/bound_trampoline.h"
#include "client/arena/code_mapper.h"
#include "client/arena/code_observer.h"
#include "compiler/signature.h"
#include "compiler/trampoline.h"

namespace springboard {

// A trampoline of the signature, to call `callee`. Nothing is owned.
struct LinkRequest {
  const Signature* signature;
  const Trampoline* trampoline;
  const void* callee;
};

// The largest mapping that an arena makes for trampolines; memory of code that is sealed comes back
// when all of a mapping is released.
inline constexpr size_t kChunkBytes = 64 << 10;

// Puts code that was checked into executable memory. Thread-safe. Methods may throw
// std::bad_alloc: then, as after an error, nothing is linked.
class Linker {
 public:
  virtual ~Linker() = default;
  virtual absl::StatusOr<std::vector<BoundTrampoline>> Link(
      absl::Span<const LinkRequest> requests) = 0;
};

struct LinkerOptions {
  CodeMapper* mapper;     // Outlives the linker, as the observers do.
  std::string directory;  // Where the mapper makes files, for errors; or empty.
  std::vector<CodeObserver*> observers;
  // More than 0: so much is reserved at once, and nothing later.
  size_t reserve_bytes = 0;
  // Whether code may be given direct jumps, which are proven.
  bool relaxes = false;
};

// Or what refused the reservation.
using MadeLinker = std::variant<std::unique_ptr<Linker>, MappingError>;

// Each call of Link() makes mappings of its own, which are sealed before they are used.
MadeLinker MakeBatchLinker(const LinkerOptions& options);

// Adds to mappings that stay writable, and uses released space again.
MadeLinker MakeIncrementalLinker(const LinkerOptions& options);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_ARENA_LINKER_H_
