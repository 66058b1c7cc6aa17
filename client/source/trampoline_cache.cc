#include "client/source/trampoline_cache.h"

#include <functional>
#include <string_view>
#include <utility>

// The table's size is fixed, its chains are short, and a link changes only by one store: so a
// reader finds an entry or does not, whatever the writer does meanwhile.

namespace springboard {
namespace {

constexpr size_t kBytesForEachBucket = 512;

// A power of two.
size_t BucketCount(size_t max_bytes) {
  size_t count = 1;
  while (2 * count * kBytesForEachBucket <= max_bytes) count *= 2;
  return count;
}

uint64_t HashOf(const CompileRequest& request) {
  const absl::Span<const NativeType> parameters = request.signature.parameters();
  const uint64_t hash = std::hash<std::string_view>()(
      {reinterpret_cast<const char*>(parameters.data()), parameters.size()});
  const auto rest = static_cast<uint64_t>(request.target) |
                    static_cast<uint64_t>(request.profile) << 8 |
                    static_cast<uint64_t>(request.signature.result()) << 16;
  constexpr uint64_t kOdd = 0x9E3779B97F4A7C15;  // 2^64 by the golden ratio.
  const uint64_t mixed = (hash ^ rest) * kOdd;
  return mixed ^ mixed >> 32;
}

bool IsSame(const CompileRequest& a, const CompileRequest& b) {
  return a.target == b.target && a.profile == b.profile && a.signature == b.signature;
}

}  // namespace

struct TrampolineCache::Entry {
  CompileRequest request;
  Trampoline trampoline;
  uint64_t hash;
  Link next = nullptr;
  std::atomic<bool> is_used = false;  // Since it was last passed over.
};

TrampolineCache::TrampolineCache(size_t max_bytes)
    : max_bytes_(max_bytes),
      bucket_count_(BucketCount(max_bytes)),
      buckets_(std::make_unique<Link[]>(bucket_count_)) {}

TrampolineCache::~TrampolineCache() = default;

size_t TrampolineCache::BytesOf(const Entry& entry) {
  constexpr size_t kOverhead = 32;  // Of the queue, and of malloc().
  const CodeBytes& code = entry.trampoline.code;
  const size_t code_bytes = code.capacity() > CodeBytes().capacity() ? code.capacity() : 0;
  // As if none were in the request itself.
  return sizeof(Entry) + kOverhead + entry.request.signature.parameters().size() + code_bytes;
}

const TrampolineCache::Entry* TrampolineCache::FindEntry(const CompileRequest& request,
                                                         uint64_t hash) const {
  for (const Entry* entry = BucketOf(hash).load(); entry != nullptr; entry = entry->next.load()) {
    if (entry->hash == hash && IsSame(entry->request, request)) return entry;
  }
  return nullptr;
}

std::optional<Trampoline> TrampolineCache::Find(const CompileRequest& request) const {
  const uint64_t hash = HashOf(request);
  const Readers::Section section(readers_);
  const Entry* const entry = FindEntry(request, hash);
  if (entry == nullptr) return std::nullopt;
  // Written once, not each time.
  auto& is_used = const_cast<std::atomic<bool>&>(entry->is_used);
  if (!is_used.load(std::memory_order_relaxed)) is_used.store(true, std::memory_order_relaxed);
  return entry->trampoline;
}

std::unique_ptr<TrampolineCache::Entry> TrampolineCache::Unlink(std::unique_ptr<Entry> entry) {
  bytes_ -= BytesOf(*entry);
  Link* link = &BucketOf(entry->hash);
  while (link->load() != entry.get()) link = &link->load()->next;
  link->store(entry->next.load());
  return entry;
}

void TrampolineCache::ForgetUnlessOf(uint32_t version,
                                     std::vector<std::unique_ptr<Entry>>& forgotten) {
  if (version == version_) return;
  version_ = version;
  for (std::unique_ptr<Entry>& entry : entries_) forgotten.push_back(Unlink(std::move(entry)));
  entries_.clear();
}

void TrampolineCache::MakeRoom(const Entry& added, std::vector<std::unique_ptr<Entry>>& forgotten) {
  // Readers may mark them as fast as they are passed over.
  size_t spared = entries_.size();
  while (bytes_ > max_bytes_) {
    std::unique_ptr<Entry> oldest = std::move(entries_.front());
    entries_.pop_front();
    const bool is_used =
        oldest->is_used.exchange(false, std::memory_order_relaxed) || oldest.get() == &added;
    if (is_used && spared > 0) {
      --spared;
      entries_.push_back(std::move(oldest));
    } else {
      forgotten.push_back(Unlink(std::move(oldest)));
    }
  }
}

void TrampolineCache::Add(const CompileRequest& request, const Trampoline& trampoline) {
  const uint64_t hash = HashOf(request);
  std::vector<std::unique_ptr<Entry>> forgotten;
  ForgetUnlessOf(trampoline.codegen_version, forgotten);
  // The same request and version: the same trampoline.
  if (FindEntry(request, hash) == nullptr) {
    auto added = std::unique_ptr<Entry>(new Entry{request, trampoline, hash});
    Link& bucket = BucketOf(hash);
    added->next.store(bucket.load());
    bytes_ += BytesOf(*added);
    bucket.store(added.get());
    entries_.push_back(std::move(added));
    MakeRoom(*entries_.back(), forgotten);
  }
  if (!forgotten.empty()) readers_.Wait();
}

}  // namespace springboard
