#include <algorithm>
#include <mutex>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "client/arena/checked_reserve.h"
#include "client/arena/code_registry.h"
#include "client/arena/link_error.h"
#include "client/arena/linker.h"
#include "client/arena/observation.h"
#include "client/mapping/process_token.h"
#include "client/mapping/relocate.h"

namespace springboard {
namespace {

// Code that is sealed: it ends as a whole, with the last of its entries.
class SealedChunk final : public CodeOwner {
 public:
  SealedChunk(std::unique_ptr<CodeRegion> region, size_t entries, CodeRegistrations registrations)
      : region_(std::move(region)), live_(entries), registrations_(std::move(registrations)) {}

  bool Release(const uint8_t* /*entry*/) override { return --live_ == 0; }
  absl::Status Repoint(const uint8_t* /*entry*/, const void* /*callee*/) override {
    return CalleeFixed();
  }

 private:
  const std::unique_ptr<CodeRegion> region_;
  size_t live_;
  // After the region: what knows of the code goes before the code.
  const CodeRegistrations registrations_;
};

size_t AlignUp(size_t offset, size_t alignment) {
  return (offset + alignment - 1) & ~(alignment - 1);
}

class BatchLinker final : public Linker {
 public:
  explicit BatchLinker(LinkerOptions options) : options_(std::move(options)) {}

  MappingResult ReserveAll() {
    for (size_t left = options_.reserve_bytes; left > 0;) {
      const size_t size = std::min(left, kChunkBytes);
      ReservedRegion reserved = CheckedReserve(*options_.mapper, size, MapTime::kAtReserve);
      if (const auto* error = std::get_if<MappingError>(&reserved)) return *error;
      reserved_.push_back(std::move(*std::get_if<std::unique_ptr<CodeRegion>>(&reserved)));
      left -= size;
    }
    // The first is taken last: give them out in order of their reservation.
    std::reverse(reserved_.begin(), reserved_.end());
    return std::nullopt;
  }

  absl::StatusOr<std::vector<BoundTrampoline>> Link(
      absl::Span<const LinkRequest> requests) override {
    std::vector<BoundTrampoline> linked;
    linked.reserve(requests.size());
    for (size_t i = 0; i < requests.size(); ++i) linked.emplace_back(nullptr);
    if (options_.reserve_bytes > 0 && ProcessToken() != owner_) return Refused(kNotOwn);
    const std::vector<Item> items = ByFrame(requests);
    std::vector<Chunk> chunks;
    // What was reserved and is not written to can be used by others.
    const absl::Cleanup put_back = [&] { PutBack(chunks); };
    const absl::Status planned = Plan(items, chunks);
    if (!planned.ok()) return planned;
    absl::Span<const Item> left = items;
    for (Chunk& chunk : chunks) {
      const size_t count = chunk.placement.offsets.size();
      const absl::Status status = LinkChunk(left.first(count), chunk, linked);
      if (!status.ok()) return status;
      left.remove_prefix(count);
    }
    return linked;
  }

 private:
  // A request, and which it is.
  struct Item {
    const LinkRequest* request;
    size_t index;
  };

  struct Placement {
    std::vector<size_t> offsets;
    size_t end = 0;
  };

  // What one region is to hold.
  struct Chunk {
    Placement placement;
    std::unique_ptr<CodeRegion> region;  // Null: not reserved yet.
  };

  // Unwind information tells what changes from one trampoline to the next: those that have frames
  // of one size lie together.
  static std::vector<Item> ByFrame(absl::Span<const LinkRequest> requests) {
    std::vector<Item> items;
    items.reserve(requests.size());
    for (const LinkRequest& request : requests) items.push_back({&request, items.size()});
    std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
      const uint32_t frame_a = a.request->trampoline->frame_bytes;
      const uint32_t frame_b = b.request->trampoline->frame_bytes;
      return frame_a != frame_b ? frame_a < frame_b : a.index < b.index;
    });
    return items;
  }

  // As many of the items, from the first, as `capacity` bytes hold.
  static Placement Place(absl::Span<const Item> items, size_t capacity) {
    Placement placement;
    for (const Item& item : items) {
      const Trampoline& trampoline = *item.request->trampoline;
      const size_t offset = AlignUp(placement.end, trampoline.alignment_bytes);
      const size_t end = offset + trampoline.code.size();
      if (end > capacity) break;
      placement.offsets.push_back(offset);
      placement.end = end;
    }
    return placement;
  }

  // Places all of the items, in regions that were reserved if it is so.
  absl::Status Plan(absl::Span<const Item> items, std::vector<Chunk>& chunks) {
    while (!items.empty()) {
      Chunk& chunk = chunks.emplace_back();
      size_t capacity = std::max(kChunkBytes, items[0].request->trampoline->code.size());
      if (options_.reserve_bytes > 0) {
        chunk.region = TakeReserved();
        if (chunk.region == nullptr) return ArenaFull();
        capacity = chunk.region->size();
      }
      chunk.placement = Place(items, capacity);
      if (chunk.placement.offsets.empty()) return ArenaFull();
      items.remove_prefix(chunk.placement.offsets.size());
    }
    return absl::OkStatus();
  }

  // Sets those of `linked` that have the items' indexes.
  absl::Status LinkChunk(absl::Span<const Item> items, Chunk& chunk,
                         std::vector<BoundTrampoline>& linked) {
    const std::vector<uint8_t> code = Relocated(items, chunk.placement);
    std::unique_ptr<CodeRegion> region = std::move(chunk.region);
    if (region == nullptr) {
      ReservedRegion reserved = CheckedReserve(*options_.mapper, code.size(), MapTime::kAfterSeal);
      if (const auto* error = std::get_if<MappingError>(&reserved)) return Refused(*error);
      region = std::move(*std::get_if<std::unique_ptr<CodeRegion>>(&reserved));
    }
    if (region->address() != nullptr && !IsFree(*region)) return Refused(kPagesInUse);
    if (const MappingResult error = CheckedWriteAndMap(*region, code.data(), code.size())) {
      return Refused(*error);
    }
    return Publish(items, chunk.placement, std::move(region), linked);
  }

  // Before anything is written to pages that were mapped at their reservation.
  static bool IsFree(const CodeRegion& region) {
    CodeRegistry& registry = CodeRegistry::Get();
    return registry.IsFree(registry.Acquire(), region.address(), region.size());
  }

  absl::Status Refused(const MappingError& error) const {
    return MappingRefused(error, options_.directory);
  }

  std::unique_ptr<CodeRegion> TakeReserved() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (reserved_.empty()) return nullptr;
    std::unique_ptr<CodeRegion> region = std::move(reserved_.back());
    reserved_.pop_back();
    return region;
  }

  // Never throws: the places are there, since the regions were taken from them.
  void PutBack(std::vector<Chunk>& chunks) {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (auto chunk = chunks.rbegin(); chunk != chunks.rend(); ++chunk) {
      if (chunk->region != nullptr) reserved_.push_back(std::move(chunk->region));
    }
  }

  static std::vector<uint8_t> Relocated(absl::Span<const Item> items, const Placement& placement) {
    std::vector<uint8_t> bytes(placement.end);
    for (size_t i = 0; i < items.size(); ++i) {
      const CodeBytes& code = items[i].request->trampoline->code;
      uint8_t* const begin = bytes.data() + placement.offsets[i];
      std::copy(code.begin(), code.end(), begin);
      Relocate(begin, code.size(), items[i].request->trampoline->relocation.callee_offset_bytes,
               reinterpret_cast<uintptr_t>(items[i].request->callee));
    }
    return bytes;
  }

  absl::Status Publish(absl::Span<const Item> items, const Placement& placement,
                       std::unique_ptr<CodeRegion> region, std::vector<BoundTrampoline>& linked) {
    const uint8_t* const begin = region->address();
    CodeRegistrations registrations;
    if (!options_.observers.empty()) {
      std::vector<NewCode::Entry> entries;
      entries.reserve(items.size());
      for (size_t i = 0; i < items.size(); ++i) {
        entries.push_back({begin + placement.offsets[i],
                           static_cast<uint32_t>(items[i].request->trampoline->code.size()),
                           items[i].request->signature});
      }
      absl::StatusOr<CodeRegistrations> told =
          TellObservers(options_.observers, {items[0].request->trampoline->target, entries});
      if (!told.ok()) return told.status();
      registrations = *std::move(told);
    }
    const size_t size = region->size();
    std::unique_ptr<CodeOwner> chunk =
        std::make_unique<SealedChunk>(std::move(region), items.size(), std::move(registrations));
    CodeRegistry& registry = CodeRegistry::Get();
    {
      const CodeRegistry::Lock lock = registry.Acquire();
      if (!registry.Add(lock, begin, size, chunk)) return Refused(kPagesInUse);
    }
    for (size_t i = 0; i < items.size(); ++i) {
      linked[items[i].index] = BoundTrampoline(begin + placement.offsets[i]);
    }
    return absl::OkStatus();
  }

  const LinkerOptions options_;
  const uint64_t owner_ = ProcessToken();
  std::mutex mutex_;
  std::vector<std::unique_ptr<CodeRegion>> reserved_;  // Guarded by mutex_.
};

}  // namespace

MadeLinker MakeBatchLinker(const LinkerOptions& options) {
  auto linker = std::make_unique<BatchLinker>(options);
  if (const MappingResult error = linker->ReserveAll()) return *error;
  return linker;
}

}  // namespace springboard
