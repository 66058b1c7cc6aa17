#ifndef SPRINGBOARD_COMMON_UNFINISHED_NAME_H_
#define SPRINGBOARD_COMMON_UNFINISHED_NAME_H_

#include <string>
#include <utility>

namespace springboard {

// The name of a file that nobody is to find as it is: the file goes with this object, and with a
// process that a signal ends. Move-only; may be empty. Thread-compatible.
class UnfinishedName {
 public:
  UnfinishedName() = default;
  explicit UnfinishedName(std::string name);
  UnfinishedName(UnfinishedName&& other) noexcept
      : name_(std::exchange(other.name_, "")), slot_(std::exchange(other.slot_, -1)) {}
  UnfinishedName& operator=(UnfinishedName&& other) noexcept {
    std::swap(name_, other.name_);
    std::swap(slot_, other.slot_);
    return *this;
  }
  // Removes the file, if there is a name.
  ~UnfinishedName();

  const std::string& get() const { return name_; }
  bool empty() const { return name_.empty(); }

  // The file has another name now, and stays.
  void Forget();

 private:
  std::string name_;
  int slot_ = -1;  // Where a signal finds it; none if there was no room.
};

// A name beside `path` that no other process has: "PATH.PID.NUMBER".
std::string NameBeside(const std::string& path);

// Removes what processes that were killed left under such names beside `path`: what is a minute
// old, and is locked (flock) by nobody.
void RemoveLeftovers(const std::string& path);

// SIGINT, SIGTERM and SIGHUP end this process, as they did before, but first remove what has an
// UnfinishedName. A signal that is ignored or handled stays so. For main().
void RemoveUnfinishedOnSignals();

}  // namespace springboard

#endif  // SPRINGBOARD_COMMON_UNFINISHED_NAME_H_
