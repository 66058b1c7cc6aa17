#ifndef SPRINGBOARD_CLIENT_VERIFIER_MACHINE_H_
#define SPRINGBOARD_CLIENT_VERIFIER_MACHINE_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "client/verifier/abi.h"

namespace springboard::verifier {

// What is known of a register, or of bytes of the stack: that its low `bytes` bytes are the low
// bytes of some source, and what the bits above them are, up to bit 31.
struct Value {
  enum class Source : uint8_t {
    kUnknown,       // Anything that was read or computed, parts of the receiver among it.
    kZero,          // 0.
    kEntry,         // Register `index` as it was at the first instruction.
    kArgument,      // Where V8 put argument `index`, all 8 bytes of it.
    kArrayData,     // The data pointer of the array that is argument `index`.
    kResult,        // The callee's result: of integers if `index` is 0, of floats if 1.
    kStackAddress,  // sp at the first instruction, plus `index`.
    kCalleeAddress,
  };
  enum class Above : uint8_t { kUnknown, kZeros, kSigns };

  Source source;
  uint8_t bytes;  // 1 to 8; 0 if unknown.
  Above above;
  int16_t index;
};

inline bool operator==(const Value& a, const Value& b) {
  return a.source == b.source && a.bytes == b.bytes && a.above == b.above && a.index == b.index;
}

constexpr Value Unknown() { return {Value::Source::kUnknown, 0, Value::Above::kUnknown, 0}; }
constexpr Value Whole(Value::Source source, int index) {
  return {source, 8, Value::Above::kUnknown, static_cast<int16_t>(index)};
}

// Of these no part is ever needed, and of addresses none would be right.
constexpr bool IsAddress(Value::Source source) {
  return source == Value::Source::kStackAddress || source == Value::Source::kCalleeAddress;
}

// The low `bytes` of a value, with zeros above.
inline Value Truncated(Value value, uint8_t bytes) {
  if (bytes >= value.bytes && bytes >= 4) return value;
  if (IsAddress(value.source)) return Unknown();
  value.bytes = std::min(value.bytes, bytes);
  // Where fewer than 32 bits were kept, so were fewer bits of an extension.
  if (bytes < 4 || value.bytes >= 4) value.above = Value::Above::kUnknown;
  return value;
}

// The low `bytes` of a value, 1 or 2, extended to 32 bits.
Value Extended(Value value, uint8_t bytes, bool is_signed);

// The stack around sp at the first instruction, byte by byte; offsets count from there. Below it is
// the trampoline's own frame, above it the caller's.
class Stack {
 public:
  // Deeper frames are refused: they could jump over a guard page.
  static constexpr int32_t kMaxFrameBytes = 4096 - 16;

  // `end` is behind the last byte that can ever be read.
  explicit Stack(int32_t end);

  // Both expect offsets inside the stack. Write() keeps the low `bytes` of a value; false if there
  // have been more writes than any trampoline needs.
  bool Write(int32_t offset, uint8_t bytes, Value value);
  // What was written there in one piece that begins there; unknown, with bytes 0, otherwise.
  Value Read(int32_t offset, uint8_t bytes) const;

  // Forgets what is there, or was before it became part of the frame.
  void Forget(int32_t begin, int32_t end);

 private:
  static constexpr size_t kMaxBytes = kMaxFrameBytes + 8 + 32 + 8 * kMaxArguments;
  // The incoming arguments, one for each outgoing one, and what a frame saves.
  static constexpr size_t kMaxWrites = 2 * kMaxArguments + 16;

  struct Piece {
    int32_t offset;
    uint8_t bytes;
    Value value;
  };

  static size_t Index(int32_t offset) {
    const int32_t index = offset + kMaxFrameBytes;
    return static_cast<size_t>(index);
  }
  uint16_t& Owner(int32_t offset) { return owners_[Index(offset)]; }
  uint16_t Owner(int32_t offset) const { return owners_[Index(offset)]; }

  // Of each byte: 1 + the piece that was last written there, or 0. Set only where the frame and
  // the incoming arguments are.
  std::array<uint16_t, kMaxBytes> owners_;
  std::array<Piece, kMaxWrites> pieces_;
  size_t piece_count_ = 0;
};

}  // namespace springboard::verifier

#endif  // SPRINGBOARD_CLIENT_VERIFIER_MACHINE_H_
