#include "common/unfinished_name.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <climits>
#include <csignal>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <random>
#include <system_error>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace springboard {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};

// What a signal's handler may read: memory that is there, and a flag that says that it is whole.
struct Slot {
  std::atomic<bool> is_taken = false;
  std::atomic<bool> is_whole = false;
  char name[PATH_MAX];
};
// More than a command writes at a time.
std::array<Slot, 16> slots;

int TakeSlot(const std::string& name) {
  for (size_t i = 0; i < slots.size() && name.size() < PATH_MAX; ++i) {
    if (slots[i].is_taken.exchange(true)) continue;
    std::memcpy(slots[i].name, name.c_str(), name.size() + 1);
    slots[i].is_whole = true;
    return static_cast<int>(i);
  }
  return -1;
}

void GiveBackSlot(int slot) {
  if (slot < 0) return;
  Slot& one = slots[static_cast<size_t>(slot)];
  one.is_whole = false;
  one.is_taken = false;
}

// Calls what signals may call, and nothing else.
extern "C" void RemoveAndDie(int number) {
  for (const Slot& slot : slots) {
    if (slot.is_whole) unlink(slot.name);
  }
  // The action is the default one again: see SA_RESETHAND.
  raise(number);
}

bool IsNumber(absl::string_view text) {
  uint64_t number = 0;
  return absl::SimpleAtoi(text, &number);
}

// "PID.NUMBER"
bool IsOurSuffix(absl::string_view suffix) {
  const std::vector<absl::string_view> parts = absl::StrSplit(suffix, '.');
  return parts.size() == 2 && IsNumber(parts[0]) && IsNumber(parts[1]);
}

// Whoever writes a file holds a lock of it, from just after he made it.
bool IsLeftover(const std::string& name) {
  constexpr time_t kMinAgeSeconds = 60;
  const int file = open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0) return false;
  struct stat status = {};
  const bool is_old = fstat(file, &status) == 0 && S_ISREG(status.st_mode) &&
                      time(nullptr) - status.st_mtime >= kMinAgeSeconds;
  const bool is_leftover = is_old && flock(file, LOCK_EX | LOCK_NB) == 0;
  close(file);
  return is_leftover;
}

}  // namespace

UnfinishedName::UnfinishedName(std::string name) : name_(std::move(name)), slot_(TakeSlot(name_)) {}

UnfinishedName::~UnfinishedName() {
  if (!name_.empty()) unlink(name_.c_str());
  GiveBackSlot(slot_);
}

void UnfinishedName::Forget() {
  GiveBackSlot(std::exchange(slot_, -1));
  name_.clear();
}

std::string NameBeside(const std::string& path) {
  return absl::StrCat(path, ".", getpid(), ".", std::random_device()());
}

void RemoveLeftovers(const std::string& path) {
  const std::filesystem::path whole(path);
  const std::string prefix = whole.filename().string() + ".";
  std::error_code error;
  std::filesystem::directory_iterator entries(
      whole.has_parent_path() ? whole.parent_path() : std::filesystem::path("."), error);
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    const std::string name = entries->path().filename().string();
    const bool is_ours =
        name.compare(0, prefix.size(), prefix) == 0 && IsOurSuffix(name.substr(prefix.size()));
    if (is_ours && IsLeftover(entries->path().string())) unlink(entries->path().c_str());
  }
}

void RemoveUnfinishedOnSignals() {
  for (const int number : kSignals) {
    struct sigaction before = {};
    if (sigaction(number, nullptr, &before) != 0 || before.sa_handler != SIG_DFL) continue;
    struct sigaction action = {};
    action.sa_handler = &RemoveAndDie;
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
    sigaction(number, &action, nullptr);
  }
}

}  // namespace springboard
