#ifndef SPRINGBOARD_CLIENT_SOURCE_TRAMPOLINE_CACHE_H_
#define SPRINGBOARD_CLIENT_SOURCE_TRAMPOLINE_CACHE_H_

#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

#include "compiler/trampoline.h"

namespace springboard {

// Trampolines by RequestKey(), those that were not used for longest forgotten. Thread-compatible.
class TrampolineCache {
 public:
  // Of all that it takes, by a bound of what the C++ library needs for an entry.
  explicit TrampolineCache(size_t max_bytes) : max_bytes_(max_bytes) {}

  // Null if it has none.
  const Trampoline* Find(const std::string& key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &entries_.front().trampoline;
  }

  // All are of one codegen version: one of another makes it forget them.
  void Add(const std::string& key, const Trampoline& trampoline) {
    if (trampoline.codegen_version != version_) {
      entries_.clear();
      by_key_.clear();
      bytes_ = 0;
      version_ = trampoline.codegen_version;
    }
    Forget(by_key_.find(key));
    entries_.push_front({key, trampoline});
    by_key_.emplace(key, entries_.begin());
    bytes_ += BytesOf(entries_.front());
    while (bytes_ > max_bytes_) Forget(by_key_.find(entries_.back().key));
  }

  size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    std::string key;
    Trampoline trampoline;
  };
  using Entries = std::list<Entry>;
  using ByKey = std::unordered_map<std::string, Entries::iterator>;

  static size_t BytesOf(const Entry& entry) {
    constexpr size_t kNodes = 160;  // Of the list, the map and its buckets.
    const CodeBytes& code = entry.trampoline.code;
    const size_t heap = code.capacity() > CodeBytes().capacity() ? code.capacity() : 0;
    return sizeof(Entry) + kNodes + 2 * entry.key.capacity() + heap;
  }

  void Forget(ByKey::iterator found) {
    if (found == by_key_.end()) return;
    bytes_ -= BytesOf(*found->second);
    entries_.erase(found->second);
    by_key_.erase(found);
  }

  const size_t max_bytes_;
  size_t bytes_ = 0;
  uint32_t version_ = 0;
  Entries entries_;  // The one used last is first.
  ByKey by_key_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_SOURCE_TRAMPOLINE_CACHE_H_
