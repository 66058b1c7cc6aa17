#ifndef SPRINGBOARD_CLIENT_OBJECT_BYTE_WRITER_H_
#define SPRINGBOARD_CLIENT_OBJECT_BYTE_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace springboard {

// Builds a file's bytes, little-endian. Thread-compatible.
class ByteWriter {
 public:
  void U8(uint8_t value) { bytes_.push_back(static_cast<char>(value)); }
  void U16(uint16_t value) { Fixed(value, 2); }
  void U32(uint32_t value) { Fixed(value, 4); }
  void U64(uint64_t value) { Fixed(value, 8); }

  // Unsigned LEB128 (DWARF 5, 7.6).
  void Uleb(uint64_t value) {
    for (; value >= 0x80; value >>= 7) U8(static_cast<uint8_t>(value | 0x80));
    U8(static_cast<uint8_t>(value));
  }

  void Bytes(absl::string_view bytes) { bytes_.append(bytes.data(), bytes.size()); }

  // A field of `size` bytes, filled with zeros; what does not fit is cut.
  void Text(absl::string_view text, size_t size) {
    text = text.substr(0, size);
    Bytes(text);
    bytes_.append(size - text.size(), '\0');
  }

  // Zeros until the size is a multiple of `alignment`.
  void Align(size_t alignment) {
    while (bytes_.size() % alignment != 0) U8(0);
  }

  // Zeros until the size is at least `size`.
  void PadTo(size_t size) {
    if (bytes_.size() < size) bytes_.resize(size);
  }

  void Reserve(size_t size) { bytes_.reserve(size); }

  size_t size() const { return bytes_.size(); }
  const std::string& bytes() const { return bytes_; }
  std::string Take() { return std::move(bytes_); }

 private:
  void Fixed(uint64_t value, int size) {
    for (int i = 0; i < size; ++i) U8(static_cast<uint8_t>(value >> (8 * i)));
  }

  std::string bytes_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_OBJECT_BYTE_WRITER_H_
