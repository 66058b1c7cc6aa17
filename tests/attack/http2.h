#ifndef SPRINGBOARD_TESTS_ATTACK_HTTP2_H_
#define SPRINGBOARD_TESTS_ATTACK_HTTP2_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace springboard::http2 {

// Bytes of HTTP/2 (RFC 9113) and HPACK (RFC 7541), right or wrong as one likes.

enum Type : uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kRstStream = 3,
  kSettings = 4,
  kPing = 6,
  kGoAway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};

inline constexpr uint8_t kEndStream = 1;
inline constexpr uint8_t kEndHeaders = 4;

// What a client says first.
inline constexpr absl::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

std::string Number32(uint32_t number);

// A frame whose header says `length`, or the payload's if that is negative.
std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, absl::string_view payload,
                  int64_t length = -1);

// The preface and settings (identifier, value).
std::string Hello(const std::vector<std::pair<uint16_t, uint32_t>>& settings = {});

// An HPACK integer with `bits` bits of a first byte whose others are `first`.
std::string HpackInteger(uint64_t number, int bits, uint8_t first);

// A literal field that is not indexed.
std::string Field(absl::string_view name, absl::string_view value);

// The fields of a gRPC call.
std::string CallFields(absl::string_view method);

// A gRPC message with its prefix.
std::string Message(absl::string_view bytes, bool is_compressed = false);

// A whole call with one message, in as many frames as it takes.
std::string Call(uint32_t stream, absl::string_view method, absl::string_view message);

}  // namespace springboard::http2

#endif  // SPRINGBOARD_TESTS_ATTACK_HTTP2_H_
