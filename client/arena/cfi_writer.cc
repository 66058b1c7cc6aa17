#include "client/arena/cfi_writer.h"

// DWARF 5 (section 6.4.2 for the instructions), as the Linux Standard Base Core 5.0, 10.6, changes
// it for .eh_frame.

namespace springboard {
namespace {

constexpr uint8_t kAdvanceLoc = 0x40;  // | delta
constexpr uint8_t kOffset = 0x80;      // | register
constexpr uint8_t kRestore = 0xC0;     // | register
constexpr uint8_t kAdvanceLoc1 = 0x02;
constexpr uint8_t kAdvanceLoc2 = 0x03;
constexpr uint8_t kAdvanceLoc4 = 0x04;
constexpr uint8_t kDefCfa = 0x0C;
constexpr uint8_t kDefCfaOffset = 0x0E;

constexpr int32_t kDataAlignment = 8;  // As a factor it is negative.
constexpr size_t kRecordAlignment = 8;

}  // namespace

void CfiWriter::WriteCie() {
  const size_t record = BeginRecord();
  Fixed(0, 4);
  Byte(1);  // Version.
  for (const char c : {'z', 'R', '\0'}) Byte(static_cast<uint8_t>(c));
  Uleb(location_unit_bytes_);
  Byte(0x80 - kDataAlignment);  // As signed LEB128.
  Uleb(numbers_.return_address);
  Uleb(1);  // Of the augmentation.
  Byte(static_cast<uint8_t>(pointers_));
  Byte(kDefCfa);
  Uleb(numbers_.sp);
  Uleb(numbers_.return_address_is_pushed ? kDataAlignment : 0);
  if (numbers_.return_address_is_pushed) {
    Byte(kOffset | numbers_.return_address);
    Uleb(1);
  }
  EndRecord(record);
}

CfiWriter::Fde CfiWriter::BeginFde() {
  Fde fde = {};
  fde.record = BeginRecord();
  Fixed(bytes_.size(), 4);  // Back to the CIE, which is at 0.
  fde.begin = bytes_.size();
  Fixed(0, pointer_bytes());
  fde.range = bytes_.size();
  Fixed(0, pointer_bytes());
  Uleb(0);  // Of the augmentation.
  return fde;
}

void CfiWriter::EndFde(const Fde& fde, uint64_t code_bytes) {
  Put(fde.range, code_bytes, pointer_bytes());
  EndRecord(fde.record);
}

void CfiWriter::AddRow(uint64_t distance_bytes, const CodeOutline::Row& row) {
  using Kind = CodeOutline::Row::Kind;
  Advance(distance_bytes / location_unit_bytes_);
  switch (row.kind) {
    case Kind::kCfa:
      Byte(kDefCfaOffset);
      Uleb(static_cast<uint64_t>(row.value));
      break;
    case Kind::kSaved:
      Byte(kOffset | numbers_.Of(row.reg));
      Uleb(static_cast<uint64_t>(row.value / kDataAlignment));
      break;
    case Kind::kRestored:
      Byte(kRestore | numbers_.Of(row.reg));
      break;
  }
}

void CfiWriter::Advance(uint64_t units) {
  if (units == 0) return;
  if (units < 0x40) {
    Byte(static_cast<uint8_t>(kAdvanceLoc | units));
  } else if (units <= 0xFF) {
    Byte(kAdvanceLoc1);
    Fixed(units, 1);
  } else if (units <= 0xFFFF) {
    Byte(kAdvanceLoc2);
    Fixed(units, 2);
  } else {
    Byte(kAdvanceLoc4);
    Fixed(units, 4);
  }
}

void CfiWriter::Fixed(uint64_t value, size_t size) {
  bytes_.resize(bytes_.size() + size);
  Put(bytes_.size() - size, value, size);
}

void CfiWriter::Uleb(uint64_t value) {
  while (value >= 0x80) {
    Byte(static_cast<uint8_t>(value | 0x80));
    value >>= 7;
  }
  Byte(static_cast<uint8_t>(value));
}

void CfiWriter::Put(size_t offset, uint64_t value, size_t size) {
  for (size_t i = 0; i < size; ++i) bytes_[offset + i] = static_cast<uint8_t>(value >> (8 * i));
}

// Leaves the length open.
size_t CfiWriter::BeginRecord() {
  const size_t begin = bytes_.size();
  Fixed(0, 4);
  return begin;
}

// Pads with no-operations.
void CfiWriter::EndRecord(size_t begin) {
  while (bytes_.size() % kRecordAlignment != 0) Byte(0);
  Put(begin, bytes_.size() - begin - 4, 4);
}

}  // namespace springboard
