#ifndef SPRINGBOARD_CLIENT_ARENA_CFI_WRITER_H_
#define SPRINGBOARD_CLIENT_ARENA_CFI_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "client/arena/code_outline.h"
#include "client/arena/dwarf_numbers.h"

namespace springboard {

// How an FDE gives addresses (Linux Standard Base Core 5.0, 10.5).
enum class CfiPointers : uint8_t {
  kAbsolute64 = 0x00,     // DW_EH_PE_absptr
  kRelative64 = 0x10,     // DW_EH_PE_pcrel
  kRelativeInt32 = 0x1B,  // DW_EH_PE_pcrel | DW_EH_PE_sdata4
};

// Writes the records of an .eh_frame section behind what `bytes` has, which is the section's begin.
// Thread-compatible.
class CfiWriter {
 public:
  // Locations are multiples of `location_unit_bytes` (the code alignment factor). `bytes` must
  // outlive this.
  CfiWriter(const DwarfNumbers& numbers, size_t location_unit_bytes, CfiPointers pointers,
            std::vector<uint8_t>& bytes)
      : numbers_(numbers),
        location_unit_bytes_(location_unit_bytes),
        pointers_(pointers),
        bytes_(bytes) {}

  // The first record.
  void WriteCie();

  // An FDE that is open: where it is in the bytes, and so its fields.
  struct Fde {
    size_t record;
    size_t begin;  // The field of the code's address, of pointer_bytes(); zero.
    size_t range;  // The field of the code's size, as large.
  };
  Fde BeginFde();
  void EndFde(const Fde& fde, uint64_t code_bytes);

  // `distance_bytes` further in the code, `row` holds. Of the open FDE.
  void AddRow(uint64_t distance_bytes, const CodeOutline::Row& row);

  // Behind which an unwinder reads no more.
  void WriteTerminator() { Fixed(0, 4); }

  size_t pointer_bytes() const { return pointers_ == CfiPointers::kRelativeInt32 ? 4 : 8; }

 private:
  void Byte(uint8_t value) { bytes_.push_back(value); }
  void Fixed(uint64_t value, size_t size);
  void Uleb(uint64_t value);
  void Put(size_t offset, uint64_t value, size_t size);
  size_t BeginRecord();
  void EndRecord(size_t begin);
  void Advance(uint64_t units);

  const DwarfNumbers& numbers_;
  const size_t location_unit_bytes_;
  const CfiPointers pointers_;
  std::vector<uint8_t>& bytes_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_ARENA_CFI_WRITER_H_
