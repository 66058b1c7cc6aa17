#include "common/replacement_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

absl::Status Refused(const std::string& path, absl::string_view what) {
  return MakeError(absl::StatusCode::kUnavailable, reason::kFileRefused, "output",
                   absl::StrCat("cannot ", what, " ", path, ": ", std::strerror(errno)));
}

bool WriteAll(int file, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace

absl::StatusOr<ReplacementFile> ReplacementFile::Write(const std::string& path,
                                                       absl::string_view bytes) {
  const std::string temporary = absl::StrCat(path, ".", getpid(), ".", std::random_device()());
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0) return Refused(path, "make a file beside");
  ReplacementFile replacement(path, temporary);
  absl::Status status;
  if (!WriteAll(file, bytes) || fsync(file) != 0) status = Refused(path, "write");
  if (close(file) != 0 && status.ok()) status = Refused(path, "write");
  if (!status.ok()) return status;
  return replacement;
}

ReplacementFile::ReplacementFile(std::string path, std::string temporary)
    : path_(std::move(path)), temporary_(std::move(temporary)) {}

ReplacementFile::ReplacementFile(ReplacementFile&& other) noexcept
    : path_(std::move(other.path_)), temporary_(std::exchange(other.temporary_, {})) {}

ReplacementFile::~ReplacementFile() {
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

absl::Status ReplacementFile::Commit() {
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) return Refused(path_, "replace");
  temporary_.clear();
  return absl::OkStatus();
}

}  // namespace springboard
