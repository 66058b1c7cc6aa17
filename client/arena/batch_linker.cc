#include <algorithm>
#include <mutex>
#include <tuple>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "client/arena/checked_reserve.h"
#include "client/arena/chunk_code.h"
#include "client/arena/code_registry.h"
#include "client/arena/link_error.h"
#include "client/arena/linker.h"
#include "client/arena/observation.h"
#include "client/arena/relaxation.h"
#include "client/mapping/process_token.h"

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

// A request, which it is, and what it lies with.
struct Item {
  const LinkRequest* request;
  size_t index;
  uint64_t group;

  const Trampoline& trampoline() const { return *request->trampoline; }
  uintptr_t callee() const { return reinterpret_cast<uintptr_t>(request->callee); }
};

// A region, and what it is to hold.
struct Chunk {
  Chunk(std::unique_ptr<CodeRegion> its_region, bool relaxes)
      : region(std::move(its_region)),
        code(region->size(), relaxes ? region->destination() : nullptr) {}

  // Takes as many of the items as there is room for, from the first.
  absl::Span<const Item> Fill(absl::Span<const Item> items) {
    size_t count = 0;
    while (count < items.size() && code.Add(*items[count].request)) ++count;
    return items.first(count);
  }

  std::unique_ptr<CodeRegion> region;
  ChunkCode code;
};

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
    const std::vector<Item> items = InOrder(requests);
    const absl::Status status =
        options_.reserve_bytes > 0 ? LinkReserved(items, linked) : LinkMapped(items, linked);
    if (!status.ok()) return status;
    return linked;
  }

 private:
  // Unwind information tells what changes from one trampoline to the next: those that have frames
  // of one size lie together. Before that, those whose callees do: one region is close to them.
  std::vector<Item> InOrder(absl::Span<const LinkRequest> requests) const {
    std::vector<Item> items;
    items.reserve(requests.size());
    for (const LinkRequest& request : requests) {
      items.push_back({&request, items.size(), GroupOf(request)});
    }
    const auto is_before = [](const Item& a, const Item& b) {
      return std::tie(a.group, a.index) < std::tie(b.group, b.index);
    };
    if (!std::is_sorted(items.begin(), items.end(), is_before)) {
      std::sort(items.begin(), items.end(), is_before);
    }
    return items;
  }

  uint64_t GroupOf(const LinkRequest& request) const {
    constexpr int kCloseBits = 30;
    constexpr uint32_t kMaxFrame = (uint32_t{1} << kCloseBits) - 1;
    const uint64_t callee = reinterpret_cast<uintptr_t>(request.callee);
    const uint64_t region = options_.relaxes ? callee >> kCloseBits : 0;
    return region << kCloseBits | std::min(request.trampoline->frame_bytes, kMaxFrame);
  }

  // Below, both set those of `linked` that have the items' indexes.

  // All have their places before anything is written.
  absl::Status LinkReserved(absl::Span<const Item> items, std::vector<BoundTrampoline>& linked) {
    if (ProcessToken() != owner_) return Refused(kNotOwn);
    std::vector<Chunk> chunks;
    // What was reserved and is not written to can be used by others.
    const absl::Cleanup put_back = [&] { PutBack(chunks); };
    for (absl::Span<const Item> left = items; !left.empty();) {
      // So that nothing fails between here and the region's place among them.
      chunks.reserve(chunks.size() + 1);
      std::unique_ptr<CodeRegion> region = TakeReserved();
      if (region == nullptr) return ArenaFull();
      const size_t count =
          chunks.emplace_back(std::move(region), options_.relaxes).Fill(left).size();
      if (count == 0) return ArenaFull();
      left.remove_prefix(count);
    }
    for (Chunk& chunk : chunks) {
      const size_t count = chunk.code.entries().size();
      absl::Status status = LinkChunk(items.first(count), chunk, linked);
      if (!status.ok()) return status;
      items.remove_prefix(count);
    }
    return absl::OkStatus();
  }

  absl::Status LinkMapped(absl::Span<const Item> items, std::vector<BoundTrampoline>& linked) {
    while (!items.empty()) {
      ReservedRegion reserved = ReserveFor(items);
      if (const auto* error = std::get_if<MappingError>(&reserved)) return Refused(*error);
      Chunk chunk(std::move(*std::get_if<std::unique_ptr<CodeRegion>>(&reserved)),
                  options_.relaxes);
      const absl::Span<const Item> taken = chunk.Fill(items);
      absl::Status status = LinkChunk(taken, chunk, linked);
      if (!status.ok()) return status;
      items.remove_prefix(taken.size());
    }
    return absl::OkStatus();
  }

  // For as many of the items as make a chunk, at least one.
  ReservedRegion ReserveFor(absl::Span<const Item> items) const {
    size_t count = 0;
    size_t bytes = 0;
    for (const Item& item : items) {
      const size_t end =
          AlignUp(bytes, item.trampoline().alignment_bytes) + item.trampoline().code.size();
      if (count > 0 && end > kChunkBytes) break;
      bytes = end;
      ++count;
    }
    std::optional<Neighborhood> neighborhood;
    if (options_.relaxes) {
      // So close to one that the callees close to that one are in reach too.
      const Item& middle = items[count / 2];
      neighborhood = {middle.callee(), DirectReachBytes(middle.trampoline().target) / 2};
    }
    return CheckedReserve(*options_.mapper, bytes, MapTime::kAfterSeal, neighborhood);
  }

  // Takes the chunk's region, unless it can be used again.
  absl::Status LinkChunk(absl::Span<const Item> items, Chunk& chunk,
                         std::vector<BoundTrampoline>& linked) {
    std::unique_ptr<CodeRegion> region = std::move(chunk.region);
    if (region->address() != nullptr && !IsFree(*region)) return Refused(kPagesInUse);
    const std::vector<uint8_t>& bytes = chunk.code.bytes();
    if (const MappingResult error = CheckedWriteAndMap(*region, bytes.data(), bytes.size())) {
      return Refused(*error);
    }
    return Publish(items, chunk.code.entries(), std::move(region), linked);
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

  absl::Status Publish(absl::Span<const Item> items, absl::Span<const ChunkCode::Entry> entries,
                       std::unique_ptr<CodeRegion> region, std::vector<BoundTrampoline>& linked) {
    const uint8_t* const begin = region->address();
    CodeRegistrations registrations;
    if (!options_.observers.empty()) {
      std::vector<NewCode::Entry> news;
      news.reserve(items.size());
      for (size_t i = 0; i < items.size(); ++i) {
        news.push_back({begin + entries[i].offset, static_cast<uint32_t>(entries[i].size),
                        items[i].request->signature});
      }
      absl::StatusOr<CodeRegistrations> told =
          TellObservers(options_.observers, {items[0].trampoline().target, news});
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
      linked[items[i].index] = BoundTrampoline(begin + entries[i].offset);
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
