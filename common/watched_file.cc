#include "common/watched_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace springboard {

absl::StatusOr<std::string> WatchedFile::Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxBytes + 1, '\0');
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read ", path, ": ", strerror(errno)));
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kMaxBytes) {
    return absl::NotFoundError(absl::StrCat(path, " has more than ", kMaxBytes, " bytes"));
  }
  return text;
}

absl::StatusOr<std::shared_ptr<const std::string>> WatchedFile::Get() {
  absl::MutexLock lock(&mutex_);
  const absl::Time now = absl::Now();
  if (now < next_look_) return text_;
  absl::StatusOr<std::string> text = Read(path_);
  if (!text.ok() && unreadable_ == Unreadable::kIsError) text_ = nullptr;
  if (!text.ok() && text_ == nullptr) return text.status();
  next_look_ = now + absl::Seconds(1);
  // The same object as long as it is the same text: so its users need not look again.
  if (text.ok() && (text_ == nullptr || *text_ != *text)) {
    text_ = std::make_shared<const std::string>(*std::move(text));
  }
  return text_;
}

}  // namespace springboard
