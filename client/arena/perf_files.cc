#include "client/arena/perf_files.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/arena/code_name.h"
#include "client/log.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

// A file that this process writes from its beginning.
class OutputFile {
 public:
  explicit OutputFile(std::string path)
      : path_(std::move(path)),
        fd_(open(path_.c_str(), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600)) {}
  ~OutputFile() {
    if (fd_ >= 0) close(fd_);
  }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  int fd() const { return fd_; }

  // Its name can be guessed, and the folder may be anybody's.
  absl::Status Begin() const {
    if (fd_ < 0) return Refused("open");
    struct stat file;
    if (fstat(fd_, &file) != 0) return Refused("open");
    if (!S_ISREG(file.st_mode) || file.st_uid != geteuid() || file.st_nlink != 1) {
      errno = EEXIST;
      return Refused("open");
    }
    return ftruncate(fd_, 0) == 0 ? absl::OkStatus() : Refused("truncate");
  }

  absl::Status Refused(absl::string_view operation) const {
    return MakeError(absl::StatusCode::kUnavailable, reason::kFileRefused, "",
                     absl::StrCat("cannot ", operation, " ", path_, ": ", std::strerror(errno)));
  }

  // All of it or nothing; and nothing in a forked child.
  absl::Status Write(absl::string_view bytes) {
    if (getpid() != pid_) return absl::OkStatus();
    // Beyond this limit the kernel does not refuse, but sends SIGXFSZ.
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && size_ + bytes.size() > limit.rlim_cur) {
      errno = EFBIG;
      return Refused("write");
    }
    const size_t size = bytes.size();
    while (!bytes.empty()) {
      const ssize_t written = write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) {
        const absl::Status refused = Refused("write");
        return ftruncate(fd_, static_cast<off_t>(size_)) == 0 ? refused : Refused("truncate");
      }
      bytes.remove_prefix(static_cast<size_t>(written));
    }
    size_ += size;
    return absl::OkStatus();
  }

 private:
  const std::string path_;
  const int fd_;
  const pid_t pid_ = getpid();
  size_t size_ = 0;
};

// Writes for a profiler, which is not worth an error to who links: after one that fails nothing
// more is written. Thread-safe.
class ProfilerFile {
 public:
  explicit ProfilerFile(std::string path) : file_(std::move(path)) {}

  OutputFile& file() { return file_; }

  // `text` gives what is to be written.
  template <typename Text>
  void Append(const Text& text) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (has_failed_) return;
    const absl::Status status = file_.Write(text());
    if (status.ok()) return;
    has_failed_ = true;
    LogWarning(absl::StrCat(status.message(), "; it is complete up to here"));
  }

 private:
  OutputFile file_;
  std::mutex mutex_;
  bool has_failed_ = false;  // Guarded by mutex_.
};

class PerfMap final : public CodeObserver {
 public:
  explicit PerfMap(std::string path) : file_(std::move(path)) {}

  absl::Status Begin() { return file_.file().Begin(); }

  absl::StatusOr<std::unique_ptr<CodeRegistration>> Observe(const NewCode& code) override {
    file_.Append([&] {
      std::string lines;
      for (const NewCode::Entry& entry : code.entries) {
        absl::StrAppend(&lines, absl::Hex(reinterpret_cast<uintptr_t>(entry.begin)), " ",
                        absl::Hex(entry.size_bytes), " ", CodeName(*entry.signature), "\n");
      }
      return lines;
    });
    return nullptr;
  }

 private:
  ProfilerFile file_;
};

uint64_t Now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000 + static_cast<uint64_t>(now.tv_nsec);
}

struct DumpHeader {
  uint32_t magic = 0x4A695444;  // "JiTD"
  uint32_t version = 1;
  uint32_t total_size = sizeof(DumpHeader);
  uint32_t elf_machine;
  uint32_t padding = 0;
  uint32_t pid;
  uint64_t timestamp_ns;
  uint64_t flags = 0;
};
static_assert(sizeof(DumpHeader) == 40);

struct DebugInfoRecord {
  uint32_t id = 2;  // JIT_CODE_DEBUG_INFO
  uint32_t total_size;
  uint64_t timestamp_ns;
  uint64_t code_address = 0;
  uint64_t entries = 0;
};
static_assert(sizeof(DebugInfoRecord) == 32);

struct LoadRecord {
  uint32_t id = 0;  // JIT_CODE_LOAD
  uint32_t total_size;
  uint64_t timestamp_ns;
  uint32_t pid;
  uint32_t tid;
  uint64_t virtual_address;
  uint64_t code_address;
  uint64_t code_size;
  uint64_t code_index;
};
static_assert(sizeof(LoadRecord) == 56);

template <typename T>
absl::string_view BytesOf(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

class JitDump final : public CodeObserver {
 public:
  explicit JitDump(std::string path) : file_(std::move(path)) {}
  ~JitDump() override {
    if (marker_ != MAP_FAILED) munmap(marker_, page_bytes_);
  }

  absl::Status Begin() {
    OutputFile& file = file_.file();
    absl::Status status = file.Begin();
    if (!status.ok()) return status;
    DumpHeader header;
#if defined(__x86_64__)
    header.elf_machine = EM_X86_64;
#else
    header.elf_machine = EM_AARCH64;
#endif
    header.pid = static_cast<uint32_t>(getpid());
    header.timestamp_ns = Now();
    // The page that gets mapped has no code and is complete: a record without entries fills it.
    DebugInfoRecord filler;
    filler.total_size = static_cast<uint32_t>(page_bytes_ - sizeof(header));
    filler.timestamp_ns = header.timestamp_ns;
    std::string page = absl::StrCat(BytesOf(header), BytesOf(filler));
    page.resize(page_bytes_);
    status = file.Write(page);
    if (!status.ok()) return status;
    marker_ = mmap(nullptr, page_bytes_, PROT_READ | PROT_EXEC, MAP_PRIVATE, file.fd(), 0);
    return marker_ == MAP_FAILED ? file.Refused("map") : absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<CodeRegistration>> Observe(const NewCode& code) override {
    file_.Append([&] {
      std::string records;
      for (const NewCode::Entry& entry : code.entries) AppendRecord(entry, records);
      return records;
    });
    return nullptr;
  }

 private:
  void AppendRecord(const NewCode::Entry& entry, std::string& records) {
    const std::string name = CodeName(*entry.signature);
    LoadRecord record;
    record.total_size = static_cast<uint32_t>(sizeof(record) + name.size() + 1 + entry.size_bytes);
    record.timestamp_ns = Now();
    record.pid = static_cast<uint32_t>(getpid());
    record.tid = static_cast<uint32_t>(syscall(SYS_gettid));
    record.virtual_address = record.code_address = reinterpret_cast<uintptr_t>(entry.begin);
    record.code_size = entry.size_bytes;
    record.code_index = next_index_++;
    absl::StrAppend(&records, BytesOf(record), name);
    records.push_back('\0');
    records.append(reinterpret_cast<const char*>(entry.begin), entry.size_bytes);
  }

  ProfilerFile file_;
  const size_t page_bytes_ = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void* marker_ = MAP_FAILED;
  uint64_t next_index_ = 0;  // Used while the file is written to.
};

}  // namespace

absl::StatusOr<std::unique_ptr<CodeObserver>> OpenPerfMap(const std::string& directory) {
  auto map = std::make_unique<PerfMap>(absl::StrCat(directory, "/perf-", getpid(), ".map"));
  const absl::Status status = map->Begin();
  if (!status.ok()) return status;
  return map;
}

absl::StatusOr<std::unique_ptr<CodeObserver>> OpenJitDump(const std::string& directory) {
  auto dump = std::make_unique<JitDump>(absl::StrCat(directory, "/jit-", getpid(), ".dump"));
  const absl::Status status = dump->Begin();
  if (!status.ok()) return status;
  return dump;
}

}  // namespace springboard
