#ifndef SPRINGBOARD_COMMON_WATCHED_FILE_H_
#define SPRINGBOARD_COMMON_WATCHED_FILE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace springboard {

// A small text file that may be replaced while it is used. Thread-safe.
class WatchedFile {
 public:
  // Files of more than this are refused.
  static constexpr size_t kMaxBytes = 1 << 20;

  // What a file is that can no longer be read.
  enum class Unreadable { kIsAsBefore, kIsError };

  explicit WatchedFile(std::string path, Unreadable unreadable = Unreadable::kIsAsBefore)
      : path_(std::move(path)), unreadable_(unreadable) {}

  // What it holds, or held at most a second ago; what it held last, if it cannot be read now and
  // that is no error. Error: NOT_FOUND, if it cannot be read.
  absl::StatusOr<std::shared_ptr<const std::string>> Get();

  // What the file holds. Error: NOT_FOUND, with the path and the system's reason.
  static absl::StatusOr<std::string> Read(const std::string& path);

 private:
  const std::string path_;
  const Unreadable unreadable_;
  absl::Mutex mutex_;
  std::shared_ptr<const std::string> text_ ABSL_GUARDED_BY(mutex_);
  absl::Time next_look_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace springboard

#endif  // SPRINGBOARD_COMMON_WATCHED_FILE_H_
