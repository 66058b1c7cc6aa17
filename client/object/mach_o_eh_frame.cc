#include "client/object/mach_o_eh_frame.h"

#include <utility>

#include "client/object/byte_writer.h"

// DWARF 5 (section 6.4.2 for the instructions), as the Linux Standard Base Core 5.0, 10.6, changes
// it for .eh_frame. On AArch64 DWARF's numbers are the hardware's.

namespace springboard {
namespace {

using Row = CodeOutline::Row;

constexpr uint8_t kAdvanceLoc = 0x40;  // | delta
constexpr uint8_t kOffset = 0x80;      // | register
constexpr uint8_t kRestore = 0xC0;     // | register
constexpr uint8_t kAdvanceLoc2 = 0x03;
constexpr uint8_t kDefCfa = 0x0C;
constexpr uint8_t kDefCfaOffset = 0x0E;

constexpr uint8_t kPcRelative = 0x10;  // DW_EH_PE_pcrel, with addresses of 8 bytes.
constexpr uint8_t kStackPointer = 31;
constexpr uint8_t kReturnAddress = 30;
constexpr uint8_t kCodeAlignment = 4;
constexpr uint8_t kDataAlignment = 8;  // As a factor it is negative.
constexpr size_t kRecordAlignment = 8;

// A length, and the record, padded with no-operations.
void AddRecord(ByteWriter& out, ByteWriter record) {
  while ((sizeof(uint32_t) + record.size()) % kRecordAlignment != 0) record.U8(0);
  out.U32(static_cast<uint32_t>(record.size()));
  out.Bytes(record.bytes());
}

ByteWriter Cie() {
  ByteWriter cie;
  cie.U32(0);
  cie.U8(1);  // Version.
  cie.Text("zR", 3);
  cie.Uleb(kCodeAlignment);
  cie.U8(0x80 - kDataAlignment);  // As signed LEB128.
  cie.Uleb(kReturnAddress);
  cie.Uleb(1);  // Of the augmentation.
  cie.U8(kPcRelative);
  cie.U8(kDefCfa);
  cie.Uleb(kStackPointer);
  cie.Uleb(0);
  return cie;
}

void Advance(ByteWriter& fde, uint32_t instructions) {
  if (instructions == 0) return;
  if (instructions < 0x40) {
    fde.U8(static_cast<uint8_t>(kAdvanceLoc | instructions));
  } else {
    fde.U8(kAdvanceLoc2);
    fde.U16(static_cast<uint16_t>(instructions));
  }
}

void AddRows(ByteWriter& fde, const ObjectFunction& function) {
  uint32_t location = 0;
  for (const Row& row : function.rows) {
    Advance(fde, (row.offset_bytes - location) / kCodeAlignment);
    location = row.offset_bytes;
    switch (row.kind) {
      case Row::Kind::kCfa:
        fde.U8(kDefCfaOffset);
        fde.Uleb(static_cast<uint64_t>(row.value));
        break;
      case Row::Kind::kSaved:
        fde.U8(kOffset | row.reg);
        fde.Uleb(static_cast<uint64_t>(row.value / kDataAlignment));
        break;
      case Row::Kind::kRestored:
        fde.U8(kRestore | row.reg);
        break;
    }
  }
}

}  // namespace

MachOEhFrame BuildMachOEhFrame(const std::vector<ObjectFunction>& functions) {
  MachOEhFrame result;
  ByteWriter out;
  for (size_t i = 0; i < functions.size(); ++i) {
    if (functions[i].rows.empty()) continue;
    if (out.size() == 0) AddRecord(out, Cie());
    ByteWriter fde;
    fde.U32(static_cast<uint32_t>(out.size() + sizeof(uint32_t)));  // Back to the CIE, at 0.
    const auto address = static_cast<uint32_t>(out.size() + sizeof(uint32_t) + fde.size());
    result.fdes.push_back({i, address});
    fde.U64(-uint64_t{address});
    fde.U64(functions[i].code.size());
    fde.Uleb(0);  // Of the augmentation.
    AddRows(fde, functions[i]);
    AddRecord(out, std::move(fde));
  }
  result.bytes = out.Take();
  return result;
}

}  // namespace springboard
