#include "proto/trampoline_writer.h"

#include <google/protobuf/io/coded_stream.h>

#include <cstring>

#include "proto/enums.h"
#include "springboard/v1/types.pb.h"

namespace springboard {
namespace {

using google::protobuf::io::CodedOutputStream;

// Every field has a number below 16, and every fast-API type one below 128: a byte each.
static_assert(v1::Trampoline::kCodegenVersionFieldNumber < 16);
static_assert(v1::FastApiType_MAX < 128);

constexpr size_t kTagBytes = 1;
constexpr uint32_t kVarint = 0;
constexpr uint32_t kLengthDelimited = 2;

// A number that is 0 is left out.
size_t NumberBytes(uint32_t value) {
  return value == 0 ? 0 : kTagBytes + CodedOutputStream::VarintSize32(value);
}

uint8_t* WriteTag(int field, uint32_t type, uint8_t* to) {
  *to = static_cast<uint8_t>(static_cast<uint32_t>(field) << 3 | type);
  return to + kTagBytes;
}

uint8_t* WriteNumber(int field, uint32_t value, uint8_t* to) {
  if (value == 0) return to;
  return CodedOutputStream::WriteVarint32ToArray(value, WriteTag(field, kVarint, to));
}

size_t RelocationBytes(const Relocation& relocation) {
  return NumberBytes(EnumNumber(relocation.kind)) + NumberBytes(relocation.callee_offset_bytes);
}

uint8_t* WriteRelocation(const Relocation& relocation, uint8_t* to) {
  to = WriteNumber(v1::Relocation::kKindFieldNumber, EnumNumber(relocation.kind), to);
  return WriteNumber(v1::Relocation::kCalleeOffsetFieldNumber, relocation.callee_offset_bytes, to);
}

size_t FastApiBytes(const FastApiTemplate& fast_api) {
  return FieldBytes(fast_api.arguments.size()) + NumberBytes(EnumNumber(fast_api.result));
}

uint8_t* WriteFastApi(const FastApiTemplate& fast_api, uint8_t* to) {
  to = WriteFieldHeader(v1::FastApiTemplate::kArgumentsFieldNumber, fast_api.arguments.size(), to);
  for (const FastApiType type : fast_api.arguments) *to++ = static_cast<uint8_t>(EnumNumber(type));
  return WriteNumber(v1::FastApiTemplate::kResultFieldNumber, EnumNumber(fast_api.result), to);
}

}  // namespace

size_t FieldBytes(size_t message_bytes) {
  return kTagBytes + CodedOutputStream::VarintSize32(static_cast<uint32_t>(message_bytes)) +
         message_bytes;
}

uint8_t* WriteFieldHeader(int field, size_t message_bytes, uint8_t* to) {
  return CodedOutputStream::WriteVarint32ToArray(static_cast<uint32_t>(message_bytes),
                                                 WriteTag(field, kLengthDelimited, to));
}

TrampolineWriter::TrampolineWriter(const Trampoline& trampoline, const Signature& signature)
    : trampoline_(trampoline),
      fast_api_(MakeFastApiTemplate(signature)),
      relocation_bytes_(RelocationBytes(trampoline.relocation)),
      fast_api_bytes_(FastApiBytes(fast_api_)),
      bytes_(FieldBytes(trampoline.code.size()) + FieldBytes(relocation_bytes_) +
             NumberBytes(trampoline.alignment_bytes) + NumberBytes(EnumNumber(trampoline.target)) +
             NumberBytes(EnumNumber(trampoline.profile)) + FieldBytes(fast_api_bytes_) +
             NumberBytes(trampoline.frame_bytes) + NumberBytes(trampoline.is_tail_call ? 1 : 0) +
             NumberBytes(trampoline.codegen_version)) {}

uint8_t* TrampolineWriter::Write(uint8_t* to) const {
  using Field = v1::Trampoline;
  const CodeBytes& code = trampoline_.code;
  to = WriteFieldHeader(Field::kCodeFieldNumber, code.size(), to);
  std::memcpy(to, code.data(), code.size());
  to += code.size();
  to = WriteFieldHeader(Field::kRelocationFieldNumber, relocation_bytes_, to);
  to = WriteRelocation(trampoline_.relocation, to);
  to = WriteNumber(Field::kAlignmentFieldNumber, trampoline_.alignment_bytes, to);
  to = WriteNumber(Field::kTargetFieldNumber, EnumNumber(trampoline_.target), to);
  to = WriteNumber(Field::kCallerProfileFieldNumber, EnumNumber(trampoline_.profile), to);
  to = WriteFieldHeader(Field::kFastApiFieldNumber, fast_api_bytes_, to);
  to = WriteFastApi(fast_api_, to);
  to = WriteNumber(Field::kFrameBytesFieldNumber, trampoline_.frame_bytes, to);
  to = WriteNumber(Field::kIsTailCallFieldNumber, trampoline_.is_tail_call ? 1 : 0, to);
  return WriteNumber(Field::kCodegenVersionFieldNumber, trampoline_.codegen_version, to);
}

}  // namespace springboard
