#include "tests/attack/http2.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace springboard::http2 {

std::string Number32(uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(number >> shift));
  return bytes;
}

std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, absl::string_view payload,
                  int64_t length) {
  const auto said = static_cast<uint32_t>(length < 0 ? payload.size() : length);
  std::string frame = Number32(said).substr(1);
  frame.push_back(static_cast<char>(type));
  frame.push_back(static_cast<char>(flags));
  return absl::StrCat(frame, Number32(stream), payload);
}

std::string Hello(const std::vector<std::pair<uint16_t, uint32_t>>& settings) {
  std::string payload;
  for (const auto& [identifier, value] : settings) {
    absl::StrAppend(&payload, Number32(identifier).substr(2), Number32(value));
  }
  return absl::StrCat(kPreface, Frame(kSettings, 0, 0, payload));
}

std::string HpackInteger(uint64_t number, int bits, uint8_t first) {
  const uint64_t max = (uint64_t{1} << bits) - 1;
  if (number < max) return std::string(1, static_cast<char>(first | number));
  std::string bytes(1, static_cast<char>(first | max));
  for (number -= max; number >= 128; number >>= 7) {
    bytes.push_back(static_cast<char>(0x80 | (number & 0x7F)));
  }
  bytes.push_back(static_cast<char>(number));
  return bytes;
}

std::string Field(absl::string_view name, absl::string_view value) {
  return absl::StrCat(absl::string_view("\0", 1), HpackInteger(name.size(), 7, 0), name,
                      HpackInteger(value.size(), 7, 0), value);
}

std::string CallFields(absl::string_view method) {
  return absl::StrCat(Field(":method", "POST"), Field(":scheme", "http"), Field(":path", method),
                      Field(":authority", "localhost"), Field("te", "trailers"),
                      Field("content-type", "application/grpc"));
}

std::string Message(absl::string_view bytes, bool is_compressed) {
  return absl::StrCat(std::string(1, is_compressed ? '\1' : '\0'),
                      Number32(static_cast<uint32_t>(bytes.size())), bytes);
}

std::string Call(uint32_t stream, absl::string_view method, absl::string_view message) {
  constexpr size_t kMaxFrame = 16384;
  std::string bytes = Frame(kHeaders, kEndHeaders, stream, CallFields(method));
  const std::string framed = Message(message);
  absl::string_view left = framed;
  do {
    const size_t size = std::min(left.size(), kMaxFrame);
    const uint8_t flags = size == left.size() ? kEndStream : 0;
    bytes += Frame(kData, flags, stream, left.substr(0, size));
    left.remove_prefix(size);
  } while (!left.empty());
  return bytes;
}

}  // namespace springboard::http2
