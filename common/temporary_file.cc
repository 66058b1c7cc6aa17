#include "common/temporary_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

constexpr size_t kBufferBytes = size_t{256} << 10;
// Whoever else may write a pack may kill those who have mapped it.
constexpr mode_t kMode = 0644;

absl::Status Refused(const std::string& path, absl::string_view what, absl::string_view why) {
  return MakeError(absl::StatusCode::kUnavailable, reason::kFileRefused, "output",
                   absl::StrCat("cannot ", what, " ", path, ": ", why));
}

absl::Status Refused(const std::string& path, absl::string_view what) {
  return Refused(path, what, std::strerror(errno));
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// How a file without a name gets one.
std::string LinkOf(int file) { return absl::StrCat("/proc/self/fd/", file); }

// To rename a file over a device or a folder is what nobody wants.
bool IsReplaceable(const std::string& path) {
  struct stat status = {};
  return stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode);
}

bool SyncFolder(const std::string& path) {
  const int folder = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return false;
  // Not every file system can.
  const bool is_synced = fsync(folder) == 0 || errno == EINVAL;
  close(folder);
  return is_synced;
}

}  // namespace

absl::StatusOr<TemporaryFile> TemporaryFile::Create(const std::string& path, Use use) {
  if (!IsReplaceable(path)) return Refused(path, "replace", "it is no file");
  if (use == Use::kOutput) RemoveLeftovers(path);
  const int nameless = open(FolderOf(path).c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, kMode);
  if (nameless >= 0 && (use == Use::kScratch || access(LinkOf(nameless).c_str(), F_OK) == 0)) {
    return TemporaryFile(path, nameless, UnfinishedName());
  }
  if (nameless >= 0) close(nameless);
  UnfinishedName name(NameBeside(path));
  const int file = open(name.get().c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kMode);
  if (file < 0) return Refused(path, "make a file beside");
  // Says that it is no leftover. Where files have no locks, none are taken for leftovers either.
  flock(file, LOCK_EX | LOCK_NB);
  if (use == Use::kScratch) name = UnfinishedName();
  return TemporaryFile(path, file, std::move(name));
}

TemporaryFile::TemporaryFile(TemporaryFile&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      name_(std::move(other.name_)),
      buffer_(std::move(other.buffer_)),
      written_bytes_(other.written_bytes_) {}

TemporaryFile::~TemporaryFile() {
  if (file_ >= 0) close(file_);
}

absl::Status TemporaryFile::Write(uint64_t offset, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Refused(path_, "write");
    bytes.remove_prefix(static_cast<size_t>(written));
    offset += static_cast<uint64_t>(written);
  }
  return absl::OkStatus();
}

absl::Status TemporaryFile::Append(absl::string_view bytes) {
  if (buffer_.capacity() < kBufferBytes) buffer_.reserve(kBufferBytes);
  if (buffer_.size() + bytes.size() > kBufferBytes) {
    absl::Status status = Flush();
    if (!status.ok()) return status;
  }
  if (bytes.size() > kBufferBytes) {
    absl::Status status = Write(written_bytes_, bytes);
    if (status.ok()) written_bytes_ += bytes.size();
    return status;
  }
  buffer_.append(bytes.data(), bytes.size());
  return absl::OkStatus();
}

absl::Status TemporaryFile::Flush() {
  absl::Status status = Write(written_bytes_, buffer_);
  if (!status.ok()) return status;
  written_bytes_ += buffer_.size();
  buffer_.clear();
  return absl::OkStatus();
}

absl::Status TemporaryFile::ReadAt(uint64_t offset, char* memory, size_t size) const {
  while (size > 0) {
    const ssize_t got = pread(file_, memory, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Refused(path_, "read a file beside");
    if (got == 0) return Refused(path_, "read a file beside", "it became shorter");
    memory += got;
    size -= static_cast<size_t>(got);
    offset += static_cast<uint64_t>(got);
  }
  return absl::OkStatus();
}

absl::Status TemporaryFile::Overwrite(uint64_t offset, absl::string_view bytes) {
  return Write(offset, bytes);
}

absl::Status TemporaryFile::Publish() {
  absl::Status status = Flush();
  if (!status.ok()) return status;
  if (fsync(file_) != 0) return Refused(path_, "write");
  if (name_.empty()) {
    // A link cannot replace a file, but a rename can.
    UnfinishedName name(NameBeside(path_));
    if (linkat(AT_FDCWD, LinkOf(file_).c_str(), AT_FDCWD, name.get().c_str(), AT_SYMLINK_FOLLOW) !=
        0) {
      return Refused(path_, "make a file beside");
    }
    name_ = std::move(name);
  }
  if (std::rename(name_.get().c_str(), path_.c_str()) != 0) return Refused(path_, "replace");
  name_.Forget();
  if (!SyncFolder(FolderOf(path_))) return Refused(path_, "write the folder of");
  return absl::OkStatus();
}

}  // namespace springboard
