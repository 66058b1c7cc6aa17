#include "client/object/mach_o_eh_frame.h"

#include "client/arena/cfi_writer.h"
#include "client/arena/dwarf_numbers.h"

namespace springboard {
namespace {

constexpr Isa kIsa = Isa::kAArch64;

}  // namespace

MachOEhFrame BuildMachOEhFrame(const std::vector<ObjectFunction>& functions) {
  const DwarfNumbers& numbers = DwarfNumbersOf(kIsa);
  MachOEhFrame result;
  std::vector<uint8_t> bytes;
  CfiWriter writer(numbers, numbers.code_alignment_bytes, CfiPointers::kRelative64, bytes);
  for (size_t i = 0; i < functions.size(); ++i) {
    if (functions[i].rows.empty()) continue;
    if (bytes.empty()) writer.WriteCie();
    const CfiWriter::Fde fde = writer.BeginFde();
    uint32_t location = 0;
    for (const CodeOutline::Row& row : functions[i].rows) {
      writer.AddRow(row.offset_bytes - location, row);
      location = row.offset_bytes;
    }
    writer.EndFde(fde, functions[i].code.size());
    // The relocations give the distance from the section's begin.
    for (size_t k = 0; k < 8; ++k) {
      bytes[fde.begin + k] = static_cast<uint8_t>(-uint64_t{fde.begin} >> (8 * k));
    }
    result.fdes.push_back({i, static_cast<uint32_t>(fde.begin)});
  }
  result.bytes.assign(bytes.begin(), bytes.end());
  return result;
}

}  // namespace springboard
