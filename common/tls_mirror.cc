#include "common/tls_mirror.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

absl::Status NoMirror(absl::string_view what) {
  return MakeError(
      absl::StatusCode::kFailedPrecondition, reason::kTlsFile, "",
      absl::StrCat("TLS needs memfd_create() and /proc here; ", what, ": ", std::strerror(errno)));
}

// A file in memory whose text is replaced as a whole.
class MirrorFile {
 public:
  MirrorFile() = default;
  ~MirrorFile() {
    if (fd_ >= 0) close(fd_);
  }
  MirrorFile(const MirrorFile&) = delete;
  MirrorFile& operator=(const MirrorFile&) = delete;

  absl::Status Write(const std::string& text) {
    const int fd = memfd_create("springboard-tls", MFD_CLOEXEC);
    if (fd < 0) return NoMirror("memfd_create");
    size_t written = 0;
    while (written < text.size()) {
      const ssize_t count = write(fd, text.data() + written, text.size() - written);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) {
        close(fd);
        return NoMirror("write");
      }
      written += static_cast<size_t>(count);
    }
    if (fd_ < 0) {
      fd_ = fd;
      return access(path().c_str(), R_OK) == 0 ? absl::OkStatus() : NoMirror(path());
    }
    // The name now stands for the new file; who reads the old one goes on with that.
    const bool is_replaced = dup3(fd, fd_, O_CLOEXEC) >= 0;
    close(fd);
    return is_replaced ? absl::OkStatus() : NoMirror("dup3");
  }

  std::string path() const { return absl::StrCat("/proc/self/fd/", fd_); }

 private:
  int fd_ = -1;
};

class Mirror {
 public:
  Mirror(TlsFiles files, std::function<void(absl::string_view)> warn)
      : files_(std::move(files)), warn_(std::move(warn)) {}

  const TlsFiles& files() const { return files_; }

  absl::Status Update() {
    const absl::StatusOr<TlsTexts> texts = ReadTlsFiles(files_);
    if (!texts.ok()) return texts.status();
    absl::Status status;
    if (texts->identity != texts_.identity) status = identity_.Write(texts->identity);
    if (status.ok() && texts->authorities != texts_.authorities) {
      status = authorities_.Write(texts->authorities);
    }
    if (status.ok()) texts_ = *texts;
    return status;
  }

  void UpdateOrWarn() {
    const absl::Status status = Update();
    if (status != last_ && !status.ok() && warn_ != nullptr) {
      warn_(absl::StrCat(status.message(), "; what was read before is used"));
    }
    last_ = status;
  }

  TlsFiles copies() const {
    TlsFiles copies;
    if (!files_.certificate.empty()) copies.certificate = identity_.path();
    if (!files_.authorities.empty()) copies.authorities = authorities_.path();
    return copies;
  }

 private:
  const TlsFiles files_;
  const std::function<void(absl::string_view)> warn_;
  TlsTexts texts_;
  MirrorFile identity_;
  MirrorFile authorities_;
  absl::Status last_;
};

// All of the process. Never destroyed.
class Mirrors {
 public:
  static Mirrors& Get() {
    static auto* const mirrors = new Mirrors;
    return *mirrors;
  }

  absl::StatusOr<TlsFiles> Add(const TlsFiles& files, std::function<void(absl::string_view)> warn) {
    const absl::MutexLock lock(&mutex_);
    for (Mirror& mirror : mirrors_) {
      const TlsFiles& known = mirror.files();
      if (known.certificate == files.certificate && known.key == files.key &&
          known.authorities == files.authorities) {
        // Whoever comes now is told if they are no longer good.
        const absl::Status status = mirror.Update();
        return status.ok() ? absl::StatusOr<TlsFiles>(mirror.copies()) : status;
      }
    }
    mirrors_.emplace_back(files, std::move(warn));
    absl::Status status = mirrors_.back().Update();
    if (status.ok()) status = StartThread();
    if (status.ok()) return mirrors_.back().copies();
    mirrors_.pop_back();
    return status;
  }

 private:
  absl::Status StartThread() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (is_running_) return absl::OkStatus();
    try {
      std::thread([this] { Run(); }).detach();
      is_running_ = true;
      return absl::OkStatus();
    } catch (const std::system_error& error) {
      errno = error.code().value();
      return NoMirror("a thread");
    }
  }

  [[noreturn]] void Run() {
    while (true) {
      absl::SleepFor(absl::Seconds(kTlsRefreshSeconds));
      const absl::MutexLock lock(&mutex_);
      for (Mirror& mirror : mirrors_) mirror.UpdateOrWarn();
    }
  }

  absl::Mutex mutex_;
  bool is_running_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<Mirror> mirrors_ ABSL_GUARDED_BY(mutex_);  // Their addresses stay.
};

}  // namespace

absl::StatusOr<TlsFiles> MirrorTlsFiles(const TlsFiles& files,
                                        std::function<void(absl::string_view)> warn) {
  return Mirrors::Get().Add(files, std::move(warn));
}

}  // namespace springboard
