#include "client/pack/sorted_records.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <tuple>
#include <utility>

#include "compiler/error_details.h"

namespace springboard {
namespace {

constexpr size_t kReadBytes = size_t{256} << 10;

// In front of a record's key and value.
struct RecordHeader {
  uint64_t hash;
  uint32_t key_bytes;
  uint32_t value_bytes;
};

RecordHeader HeaderAt(const char* bytes) {
  RecordHeader header;
  std::memcpy(&header, bytes, sizeof(header));
  return header;
}

RecordView ViewAt(const char* bytes) {
  const RecordHeader header = HeaderAt(bytes);
  const char* const key = bytes + sizeof(header);
  return {header.hash, {key, header.key_bytes}, {key + header.key_bytes, header.value_bytes}};
}

void AppendRecord(const RecordView& record, std::string& bytes) {
  const RecordHeader header = {record.hash, static_cast<uint32_t>(record.key.size()),
                               static_cast<uint32_t>(record.value.size())};
  bytes.append(reinterpret_cast<const char*>(&header), sizeof(header));
  bytes.append(record.key.data(), record.key.size());
  bytes.append(record.value.data(), record.value.size());
}

bool IsLess(const RecordView& a, const RecordView& b) {
  return std::tie(a.hash, a.key) < std::tie(b.hash, b.key);
}

// Passes on what is not the same as the one before it.
class Deduplicated {
 public:
  explicit Deduplicated(const SortedRecords::Visitor& visit) : visit_(visit) {}

  absl::Status operator()(const RecordView& record) {
    if (!last_.empty()) {
      const RecordView last = ViewAt(last_.data());
      if (last.key == record.key) {
        if (last.value == record.value) return absl::OkStatus();
        return MakeError(absl::StatusCode::kInternal, reason::kCompilerDefect, "",
                         "one request gave two different trampolines");
      }
    }
    last_.clear();
    AppendRecord(record, last_);
    return visit_(record);
  }

 private:
  const SortedRecords::Visitor& visit_;
  std::string last_;
};

// The records of a run, one by one.
class RunReader {
 public:
  RunReader(const TemporaryFile& file, uint64_t begin, uint64_t end)
      : file_(file), next_(begin), end_(end) {}

  bool is_at_end() const { return begin_ == buffer_.size() && next_ == end_; }
  // Only where it is not at the end, and Load() was called.
  RecordView record() const { return ViewAt(buffer_.data() + begin_); }

  // Has the whole record in memory.
  absl::Status Load() {
    if (is_at_end()) return absl::OkStatus();
    absl::Status status = Fill(sizeof(RecordHeader));
    if (!status.ok()) return status;
    const RecordHeader header = HeaderAt(buffer_.data() + begin_);
    return Fill(sizeof(header) + header.key_bytes + header.value_bytes);
  }

  absl::Status Next() {
    const RecordView view = record();
    begin_ += sizeof(RecordHeader) + view.key.size() + view.value.size();
    return Load();
  }

 private:
  absl::Status Fill(size_t size) {
    const size_t has = buffer_.size() - begin_;
    if (has >= size) return absl::OkStatus();
    buffer_.erase(0, begin_);
    begin_ = 0;
    const uint64_t more = std::min<uint64_t>(std::max(kReadBytes, size) - has, end_ - next_);
    buffer_.resize(has + more);
    absl::Status status = file_.ReadAt(next_, buffer_.data() + has, more);
    next_ += more;
    return status;
  }

  const TemporaryFile& file_;
  uint64_t next_;  // In the file.
  const uint64_t end_;
  std::string buffer_;
  size_t begin_ = 0;  // Of the record, in the buffer.
};

}  // namespace

SortedRecords::SortedRecords(TemporaryFile scratch, size_t run_bytes)
    : scratch_(std::move(scratch)), run_bytes_(run_bytes) {}

RecordView SortedRecords::At(uint32_t offset) const { return ViewAt(memory_.data() + offset); }

absl::Status SortedRecords::Add(const RecordView& record) {
  const size_t size = sizeof(RecordHeader) + record.key.size() + record.value.size();
  if (!places_.empty() && memory_.size() + size > run_bytes_) {
    absl::Status status = SpillMemory();
    if (!status.ok()) return status;
  }
  // Memory that is not touched takes none; to grow would take it twice.
  if (memory_.capacity() < run_bytes_) memory_.reserve(run_bytes_);
  places_.push_back({record.hash, static_cast<uint32_t>(memory_.size())});
  AppendRecord(record, memory_);
  return absl::OkStatus();
}

absl::Status SortedRecords::VisitMemory(const Visitor& visit) {
  std::sort(places_.begin(), places_.end(), [this](const Place& a, const Place& b) {
    return a.hash != b.hash ? a.hash < b.hash : At(a.offset).key < At(b.offset).key;
  });
  Deduplicated deduplicated(visit);
  for (const Place& place : places_) {
    absl::Status status = deduplicated(At(place.offset));
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status SortedRecords::SpillMemory() {
  const uint64_t begin = scratch_.size();
  std::string bytes;
  absl::Status status = VisitMemory([&](const RecordView& record) {
    bytes.clear();
    AppendRecord(record, bytes);
    return scratch_.Append(bytes);
  });
  if (!status.ok()) return status;
  runs_.push_back({begin, scratch_.size()});
  memory_.clear();
  places_.clear();
  return absl::OkStatus();
}

absl::Status SortedRecords::Merge(const Visitor& visit) const {
  std::vector<std::unique_ptr<RunReader>> heap;
  for (const Run& run : runs_) {
    heap.push_back(std::make_unique<RunReader>(scratch_, run.begin, run.end));
    absl::Status status = heap.back()->Load();
    if (!status.ok()) return status;
  }
  // The least is the first of a heap.
  const auto is_later = [](const auto& a, const auto& b) {
    return IsLess(b->record(), a->record());
  };
  std::make_heap(heap.begin(), heap.end(), is_later);
  Deduplicated deduplicated(visit);
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), is_later);
    RunReader& least = *heap.back();
    absl::Status status = deduplicated(least.record());
    if (status.ok()) status = least.Next();
    if (!status.ok()) return status;
    if (least.is_at_end()) {
      heap.pop_back();
    } else {
      std::push_heap(heap.begin(), heap.end(), is_later);
    }
  }
  return absl::OkStatus();
}

absl::Status SortedRecords::Visit(const Visitor& visit) {
  if (runs_.empty()) return VisitMemory(visit);
  absl::Status status = SpillMemory();
  if (status.ok()) status = scratch_.Flush();
  if (!status.ok()) return status;
  memory_ = std::string();
  places_ = std::vector<Place>();
  return Merge(visit);
}

}  // namespace springboard
