#include "client/verifier/machine.h"

#include <algorithm>

namespace springboard::verifier {

Value Extended(Value value, uint8_t bytes, bool is_signed) {
  // Shorter values, extended already, would need reasoning that no trampoline asks for.
  if (value.bytes < bytes || IsAddress(value.source)) return Unknown();
  value.bytes = bytes;
  value.above = is_signed ? Value::Above::kSigns : Value::Above::kZeros;
  return value;
}

Stack::Stack(int32_t end) { std::fill(&Owner(0), &Owner(0) + end, uint16_t{0}); }

bool Stack::Write(int32_t offset, uint8_t bytes, Value value) {
  if (piece_count_ == kMaxWrites) return false;
  pieces_[piece_count_] = {offset, bytes, Truncated(value, bytes)};
  ++piece_count_;
  std::fill_n(&Owner(offset), bytes, static_cast<uint16_t>(piece_count_));
  return true;
}

Value Stack::Read(int32_t offset, uint8_t bytes) const {
  const uint16_t owner = Owner(offset);
  if (owner == 0) return Unknown();
  const Piece& piece = pieces_[owner - 1u];
  if (piece.offset != offset || piece.bytes < bytes) return Unknown();
  for (int32_t i = 1; i < bytes; ++i) {
    if (Owner(offset + i) != owner) return Unknown();
  }
  return Truncated(piece.value, bytes);
}

void Stack::Forget(int32_t begin, int32_t end) {
  std::fill_n(&Owner(begin), end - begin, uint16_t{0});
}

}  // namespace springboard::verifier
