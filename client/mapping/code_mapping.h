#ifndef SPRINGBOARD_CLIENT_MAPPING_CODE_MAPPING_H_
#define SPRINGBOARD_CLIENT_MAPPING_CODE_MAPPING_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>

// The one place that makes memory executable. Depends on the C++ library and the system alone,
// so that it builds with any toolchain.
//
// Linux: the code goes into an anonymous file with write(), the file is sealed against every
// change, and only then mapped, readable and executable. No writable mapping of it ever exists, and
// none can: the seal forbids it, for this process and for every other. A shared mapping, since the
// kernel lets nobody write to the pages of a sealed file, while private ones could be copied on
// write through /proc/self/mem. Windows: the pages are written, and then made executable instead of
// writable.

namespace springboard {

// Which system call refused to map code, and with which errno (on Windows GetLastError()).
struct MappingError {
  const char* operation;  // Static storage.
  int system_error;
};

// Code mapped readable and executable, until destruction. Move-only. Thread-compatible; the code
// may be run by any thread.
class CodeMapping {
 public:
  // Maps a copy of `size` bytes of `code`; `size` is at least 1.
  static std::variant<CodeMapping, MappingError> Map(const uint8_t* code, size_t size);

  CodeMapping(CodeMapping&& other) noexcept
      : address_(std::exchange(other.address_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  CodeMapping& operator=(CodeMapping&& other) noexcept {
    std::swap(address_, other.address_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~CodeMapping();

  // The first byte of the code, at the start of a page; null once moved from.
  const void* entry() const { return address_; }

 private:
  CodeMapping(void* address, size_t size) : address_(address), size_(size) {}

  void* address_;
  size_t size_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MAPPING_CODE_MAPPING_H_
