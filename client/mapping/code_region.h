#ifndef SPRINGBOARD_CLIENT_MAPPING_CODE_REGION_H_
#define SPRINGBOARD_CLIENT_MAPPING_CODE_REGION_H_

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>

// What makes memory executable, and nothing else does. Depends on the C++ library and the system
// alone, so that it builds with any toolchain.

namespace springboard {

// Which system call refused, and with which errno (on Windows GetLastError()).
struct MappingError {
  const char* operation;  // Static storage: "mmap".
  int system_error;
};

// What was reserved cannot be written by a child of the process that reserved it.
inline constexpr MappingError kNotOwn = {"fork", EPERM};

// Nothing if all went well.
using MappingResult = std::optional<MappingError>;

// The addresses that are up to so many bytes away from one.
struct Neighborhood {
  uintptr_t center;
  uint64_t reach_bytes;

  // Whether all `size` bytes from `begin` are in it.
  bool Holds(uintptr_t begin, size_t size) const {
    if (size > reach_bytes) return false;
    return begin < center ? center - begin <= reach_bytes : begin - center <= reach_bytes - size;
  }
};

// When a region's pages are mapped executable.
enum class MapTime : uint8_t {
  kAfterSeal,  // By Map(), when nothing can be written any more.
  kAtReserve,  // At once: from then on the process makes no new executable mapping. Until Seal(),
               // or always in a way that stays writable, the code changes underneath, by Write().
};

// Whole pages of code, from their reservation to their release. Its phases, in this order: it is
// made (reserve); Write(), as often as needed; Seal(); Map(); it is destroyed (release). No mapping
// of it is ever both writable and executable. After an error only release is left, which undoes
// everything. Thread-compatible; the code may be run by any thread.
class CodeRegion {
 public:
  CodeRegion() = default;
  CodeRegion(const CodeRegion&) = delete;
  CodeRegion& operator=(const CodeRegion&) = delete;
  virtual ~CodeRegion() = default;

  // Copies `size` bytes to `offset`; all of them lie inside the region.
  virtual MappingResult Write(size_t offset, const uint8_t* bytes, size_t size) = 0;

  // Nothing can be written any more; does nothing in a way that stays writable.
  virtual MappingResult Seal() = 0;

  // From here on the code can be run.
  virtual MappingResult Map() = 0;

  // The first byte of the executable mapping, at the start of a page; null before there is one.
  virtual const uint8_t* address() const = 0;

  // What address() will be once there is a mapping; null if that is not known before.
  virtual const uint8_t* destination() const { return address(); }

  // In bytes: whole pages.
  virtual size_t size() const = 0;

  // True if Write() works at any time, in this process. Such a region is mapped at its reservation
  // (MapTime::kAtReserve); an arena does not call Seal() and Map() then.
  virtual bool stays_writable() const { return false; }
};

using ReservedRegion = std::variant<std::unique_ptr<CodeRegion>, MappingError>;

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MAPPING_CODE_REGION_H_
