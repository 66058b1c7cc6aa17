#ifndef SPRINGBOARD_CLIENT_SOURCE_TRAMPOLINE_CACHE_H_
#define SPRINGBOARD_CLIENT_SOURCE_TRAMPOLINE_CACHE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "client/source/readers.h"
#include "compiler/compile_request.h"
#include "compiler/trampoline.h"

namespace springboard {

// Trampolines by their requests. Where there is no room, those are forgotten first that were added
// first and not found since they were last passed over.
class TrampolineCache {
 public:
  // Of all that it takes, but for a table of up to 1/64 of it.
  explicit TrampolineCache(size_t max_bytes);
  ~TrampolineCache();

  // Thread-safe, at the time of Add() too. Takes no lock, and writes nothing that other threads
  // read each time.
  std::optional<Trampoline> Find(const CompileRequest& request) const;

  // By one thread at a time; waits for those that copy what it forgets. All are of one codegen
  // version: one of another makes it forget the others.
  void Add(const CompileRequest& request, const Trampoline& trampoline);

  // Not at the time of Add().
  size_t bytes() const { return bytes_; }

 private:
  struct Entry;
  using Link = std::atomic<Entry*>;

  static size_t BytesOf(const Entry& entry);
  Link& BucketOf(uint64_t hash) const { return buckets_[hash & (bucket_count_ - 1)]; }

  // Null if there is none.
  const Entry* FindEntry(const CompileRequest& request, uint64_t hash) const;
  // Readers may still have it.
  std::unique_ptr<Entry> Unlink(std::unique_ptr<Entry> entry);
  // Of the codegen version of what comes next, or none.
  void ForgetUnlessOf(uint32_t version, std::vector<std::unique_ptr<Entry>>& forgotten);
  // What was added is looked at last.
  void MakeRoom(const Entry& added, std::vector<std::unique_ptr<Entry>>& forgotten);

  const size_t max_bytes_;
  const size_t bucket_count_;  // A power of two.
  const std::unique_ptr<Link[]> buckets_;
  mutable Readers readers_;
  size_t bytes_ = 0;
  uint32_t version_ = 0;
  std::deque<std::unique_ptr<Entry>> entries_;  // Those to be looked at first are first.
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_SOURCE_TRAMPOLINE_CACHE_H_
