#include "client/arena/eh_frame.h"

#include <array>
#include <cstddef>
#include <cstring>
#include <optional>
#include <utility>

#include "client/arena/cfi_writer.h"
#include "client/arena/code_outline.h"
#include "client/arena/dwarf_numbers.h"
#include "client/arena/known_outlines.h"

namespace springboard {
namespace {

// Trampolines begin at multiples of it, and are short: with it most distances take one byte.
constexpr size_t kMaxLocationUnit = 16;

// An unwinder reads an FDE from its begin: what one covers bounds the time that this takes.
constexpr ptrdiff_t kMaxFdeCodeBytes = 16 << 10;

using Row = CodeOutline::Row;

// What a table says of one place.
struct Frame {
  int32_t cfa;                      // From sp, in bytes.
  std::array<int32_t, 32> saved{};  // By register: from the CFA down, in bytes; or 0.

  void Apply(const Row& row) {
    if (row.kind == Row::Kind::kCfa) {
      cfa = row.value;
    } else {
      saved[row.reg] = row.kind == Row::Kind::kSaved ? row.value : 0;
    }
  }
};

class Builder {
 public:
  Builder(const NewCode& code, UnwindTables tables)
      : target_(code.target),
        tables_(tables),
        numbers_(DwarfNumbersOf(Info(target_).isa)),
        location_unit_bytes_(LocationUnit(code, tables)),
        outlines_(target_),
        writer_(numbers_, location_unit_bytes_, CfiPointers::kAbsolute64, result_.bytes) {
    writer_.WriteCie();
  }

  void Add(const NewCode::Entry& entry) {
    const CodeOutline* const outline = outlines_.Of(entry.code());
    if (outline == nullptr) {
      EndFde();
      return;
    }
    const uint8_t* const end = entry.begin + entry.size_bytes;
    if (fde_.has_value() && end - fde_->code_begin > kMaxFdeCodeBytes) EndFde();
    if (!fde_.has_value()) BeginFde(entry.begin);
    if (tables_ == UnwindTables::kAsynchronous) {
      result_.has_frames = result_.has_frames || outline->has_frame();
      for (const Row& row : outline->rows) AddRow(entry.begin + row.offset_bytes, row);
    } else if (outline->call_offset_bytes.has_value()) {
      result_.has_frames = true;
      AddFrame(entry.begin, FrameAt(*outline, *outline->call_offset_bytes));
    }
    fde_->code_end = end;
  }

  EhFrame Finish() {
    EndFde();
    writer_.WriteTerminator();
    return std::move(result_);
  }

 private:
  struct OpenFde {
    CfiWriter::Fde place;
    const uint8_t* code_begin;
    const uint8_t* code_end;
    const uint8_t* location;
    Frame frame;  // At `location`.
  };

  // The code alignment factor: of all locations that rows begin at.
  static size_t LocationUnit(const NewCode& code, UnwindTables tables) {
    size_t unit = DwarfNumbersOf(Info(code.target).isa).code_alignment_bytes;
    if (tables == UnwindTables::kAsynchronous) return unit;
    size_t offsets = 0;  // The bits that any of them has.
    for (const NewCode::Entry& entry : code.entries) {
      offsets |= static_cast<size_t>(entry.begin - code.begin());
    }
    while (unit < kMaxLocationUnit && offsets % (2 * unit) == 0) unit *= 2;
    return unit;
  }

  Frame InitialFrame() const { return {Info(Info(target_).isa).return_address_bytes}; }

  void BeginFde(const uint8_t* begin) {
    fde_ = OpenFde{writer_.BeginFde(), begin, begin, begin, InitialFrame()};
    result_.fdes.push_back({begin, static_cast<uint32_t>(fde_->place.record)});
    const auto address = reinterpret_cast<uintptr_t>(begin);
    std::memcpy(&result_.bytes[fde_->place.begin], &address, sizeof(address));
  }

  void EndFde() {
    if (!fde_.has_value()) return;
    writer_.EndFde(fde_->place, static_cast<uint64_t>(fde_->code_end - fde_->code_begin));
    fde_.reset();
  }

  Frame FrameAt(const CodeOutline& outline, uint32_t offset_bytes) const {
    Frame frame = InitialFrame();
    for (const Row& row : outline.rows) {
      if (row.offset_bytes <= offset_bytes) frame.Apply(row);
    }
    return frame;
  }

  // Only what differs from the frame before.
  void AddFrame(const uint8_t* location, const Frame& frame) {
    const Frame& before = fde_->frame;
    if (frame.cfa == before.cfa && frame.saved == before.saved) return;
    if (frame.cfa != before.cfa) AddRow(location, {0, Row::Kind::kCfa, 0, frame.cfa});
    for (uint8_t reg = 0; reg < frame.saved.size(); ++reg) {
      const int32_t saved = frame.saved[reg];
      if (saved == before.saved[reg]) continue;
      AddRow(location, {0, saved != 0 ? Row::Kind::kSaved : Row::Kind::kRestored, reg, saved});
    }
  }

  void AddRow(const uint8_t* location, const Row& row) {
    writer_.AddRow(static_cast<uint64_t>(location - fde_->location), row);
    fde_->location = location;
    fde_->frame.Apply(row);
  }

  const Target target_;
  const UnwindTables tables_;
  const DwarfNumbers& numbers_;
  const size_t location_unit_bytes_;
  KnownOutlines outlines_;
  EhFrame result_;
  CfiWriter writer_;
  std::optional<OpenFde> fde_;
};

}  // namespace

EhFrame BuildEhFrame(const NewCode& code, UnwindTables tables) {
  Builder builder(code, tables);
  for (const NewCode::Entry& entry : code.entries) builder.Add(entry);
  return builder.Finish();
}

}  // namespace springboard
