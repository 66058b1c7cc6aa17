#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "client/arena/checked_reserve.h"
#include "client/arena/code_registry.h"
#include "client/arena/link_error.h"
#include "client/arena/linker.h"
#include "client/arena/observation.h"
#include "client/arena/slot_map.h"
#include "client/mapping/process_token.h"
#include "client/mapping/relocate.h"

namespace springboard {
namespace {

// Offsets inside a chunk have 32 bits.
constexpr size_t kMaxChunkBytes = size_t{1} << 30;

// Pages to which code is added, and from which it is taken, one trampoline at a time.
class OpenChunk final : public CodeOwner {
 public:
  explicit OpenChunk(std::unique_ptr<CodeRegion> region)
      : region_(std::move(region)),
        slots_(static_cast<uint32_t>(std::min(region_->size(), kMaxChunkBytes))) {}

  const uint8_t* begin() const { return region_->address(); }
  size_t size() const { return region_->size(); }

  // In a forked child nothing can be added.
  bool IsWritable() const { return region_->stays_writable(); }

  // Its arena is gone: it ends with its last entry. True if that is now.
  bool Close() {
    is_open_ = false;
    return slots_.empty();
  }

  // The entry, or null if there is no room.
  absl::StatusOr<const uint8_t*> Add(const LinkRequest& request,
                                     absl::Span<CodeObserver* const> observers) {
    const Trampoline& trampoline = *request.trampoline;
    const auto size = static_cast<uint32_t>(trampoline.code.size());
    const std::optional<uint32_t> offset = slots_.Take(
        size, trampoline.alignment_bytes, {trampoline.relocation.callee_offset_bytes, {}});
    if (!offset.has_value()) return nullptr;
    const uint8_t* const entry = begin() + *offset;
    absl::Cleanup give_back = [&] { slots_.GiveBack(*offset); };
    const absl::Status written = Write(*offset, request);
    if (!written.ok()) return written;
    const NewCode::Entry entries[] = {{entry, size, request.signature}};
    absl::StatusOr<CodeRegistrations> told = TellObservers(observers, {trampoline.target, entries});
    if (!told.ok()) return told.status();
    slots_.payload(*offset).registrations = *std::move(told);
    std::move(give_back).Cancel();
    return entry;
  }

  bool Release(const uint8_t* entry) override {
    slots_.GiveBack(static_cast<uint32_t>(entry - begin()));
    return !is_open_ && slots_.empty();
  }

  absl::Status Repoint(const uint8_t* entry, const void* callee) override {
    if (!IsWritable()) return CalleeFixed();
    const auto offset = static_cast<uint32_t>(entry - begin());
    uint8_t bytes[sizeof(uint64_t)];
    Relocate(bytes, sizeof(bytes), 0, reinterpret_cast<uintptr_t>(callee));
    const MappingResult error =
        region_->Write(offset + slots_.payload(offset).callee_offset, bytes, sizeof(bytes));
    return error ? MappingRefused(*error, /*directory=*/"") : absl::OkStatus();
  }

 private:
  struct Slot {
    uint32_t callee_offset;
    CodeRegistrations registrations;
  };

  absl::Status Write(uint32_t offset, const LinkRequest& request) {
    CodeBytes code = request.trampoline->code;
    Relocate(code.data(), code.size(), request.trampoline->relocation.callee_offset_bytes,
             reinterpret_cast<uintptr_t>(request.callee));
    const MappingResult error = region_->Write(offset, code.data(), code.size());
    return error ? MappingRefused(*error, /*directory=*/"") : absl::OkStatus();
  }

  const std::unique_ptr<CodeRegion> region_;
  SlotMap<Slot> slots_;
  bool is_open_ = true;
};

class IncrementalLinker final : public Linker {
 public:
  explicit IncrementalLinker(LinkerOptions options) : options_(std::move(options)) {}

  ~IncrementalLinker() override {
    CodeRegistry& registry = CodeRegistry::Get();
    for (OpenChunk* const chunk : chunks_) {
      std::unique_ptr<CodeOwner> owner;
      const CodeRegistry::Lock lock = registry.Acquire();
      if (chunk->Close()) owner = registry.Take(lock, chunk->begin());
    }
  }

  MappingResult ReserveAll() {
    const CodeRegistry::Lock lock = CodeRegistry::Get().Acquire();
    for (size_t left = options_.reserve_bytes; left > 0;) {
      const size_t size = std::min(left, kMaxChunkBytes);
      const std::variant<OpenChunk*, MappingError> chunk = AddChunk(lock, size);
      if (const auto* error = std::get_if<MappingError>(&chunk)) return *error;
      left -= size;
    }
    return std::nullopt;
  }

  absl::StatusOr<std::vector<BoundTrampoline>> Link(
      absl::Span<const LinkRequest> requests) override {
    std::vector<BoundTrampoline> linked;
    linked.reserve(requests.size());
    for (const LinkRequest& request : requests) {
      absl::StatusOr<const uint8_t*> entry = LinkOne(request);
      if (!entry.ok()) return entry.status();
      linked.emplace_back(*entry);
    }
    return linked;
  }

 private:
  absl::StatusOr<const uint8_t*> LinkOne(const LinkRequest& request) {
    // Held while code is written too: the view of a chunk's pages is opened by one at a time.
    const CodeRegistry::Lock lock = CodeRegistry::Get().Acquire();
    for (OpenChunk* const chunk : chunks_) {
      if (!chunk->IsWritable()) continue;
      absl::StatusOr<const uint8_t*> entry = chunk->Add(request, options_.observers);
      if (!entry.ok() || *entry != nullptr) return entry;
    }
    if (options_.reserve_bytes > 0) {
      return IsOwnProcess() ? ArenaFull() : MappingRefused(kNotOwn, /*directory=*/"");
    }
    const std::variant<OpenChunk*, MappingError> chunk =
        AddChunk(lock, std::max(kChunkBytes, request.trampoline->code.size()));
    if (const auto* error = std::get_if<MappingError>(&chunk)) {
      return MappingRefused(*error, options_.directory);
    }
    absl::StatusOr<const uint8_t*> entry =
        std::get<OpenChunk*>(chunk)->Add(request, options_.observers);
    if (entry.ok() && *entry == nullptr) return ArenaFull();
    return entry;
  }

  bool IsOwnProcess() const { return ProcessToken() == owner_; }

  std::variant<OpenChunk*, MappingError> AddChunk(const CodeRegistry::Lock& lock, size_t size) {
    ReservedRegion reserved = CheckedReserve(*options_.mapper, size, MapTime::kAtReserve);
    if (const auto* error = std::get_if<MappingError>(&reserved)) return *error;
    auto* const added =
        new OpenChunk(std::move(*std::get_if<std::unique_ptr<CodeRegion>>(&reserved)));
    std::unique_ptr<CodeOwner> owner(added);
    chunks_.reserve(chunks_.size() + 1);
    if (!CodeRegistry::Get().Add(lock, added->begin(), added->size(), owner)) return kPagesInUse;
    chunks_.push_back(added);
    return added;
  }

  const LinkerOptions options_;
  const uint64_t owner_ = ProcessToken();
  // Guarded by the registry's lock. Owned by the registry, which keeps them as long as they are
  // open.
  std::vector<OpenChunk*> chunks_;
};

}  // namespace

MadeLinker MakeIncrementalLinker(const LinkerOptions& options) {
  auto linker = std::make_unique<IncrementalLinker>(options);
  if (const MappingResult error = linker->ReserveAll()) return *error;
  return linker;
}

}  // namespace springboard
