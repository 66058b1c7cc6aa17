#ifndef SPRINGBOARD_PROTO_TRAMPOLINE_WRITER_H_
#define SPRINGBOARD_PROTO_TRAMPOLINE_WRITER_H_

#include <cstddef>
#include <cstdint>

#include "compiler/fast_api.h"
#include "compiler/signature.h"
#include "compiler/trampoline.h"

namespace springboard {

// Encodes a trampoline as a v1::Trampoline, without making one: in the bytes that protobuf gives
// for what ToProto() fills. Thread-compatible.
class TrampolineWriter {
 public:
  // Keeps `trampoline`, which is that of `signature`, and has code.
  TrampolineWriter(const Trampoline& trampoline, const Signature& signature);

  // What Write() writes.
  size_t bytes() const { return bytes_; }
  // Returns the end of it.
  uint8_t* Write(uint8_t* to) const;

 private:
  const Trampoline& trampoline_;
  const FastApiTemplate fast_api_;
  const size_t relocation_bytes_;
  const size_t fast_api_bytes_;
  const size_t bytes_;
};

// A message as a field of another one: with its tag and its length. `field` is 1 to 15.
size_t FieldBytes(size_t message_bytes);
// What comes before the message; returns where that begins.
uint8_t* WriteFieldHeader(int field, size_t message_bytes, uint8_t* to);

}  // namespace springboard

#endif  // SPRINGBOARD_PROTO_TRAMPOLINE_WRITER_H_
