#include "client/arena/eh_frame.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "client/arena/code_outline.h"
#include "client/arena/dwarf_numbers.h"

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

// Trampolines begin at multiples of it, and are short: with it most distances take one byte.
constexpr size_t kMaxLocationUnit = 16;

// An unwinder reads an FDE from its begin: what one covers bounds the time that this takes.
constexpr ptrdiff_t kMaxFdeCodeBytes = 16 << 10;

class Writer {
 public:
  explicit Writer(std::vector<uint8_t>& bytes) : bytes_(bytes) {}

  void Byte(uint8_t value) { bytes_.push_back(value); }

  void Fixed(uint64_t value, int size) {
    for (int i = 0; i < size; ++i) Byte(static_cast<uint8_t>(value >> (8 * i)));
  }

  void Uleb(uint64_t value) {
    while (value >= 0x80) {
      Byte(static_cast<uint8_t>(value | 0x80));
      value >>= 7;
    }
    Byte(static_cast<uint8_t>(value));
  }

  // Leaves the length open.
  size_t BeginRecord() {
    const size_t begin = bytes_.size();
    Fixed(0, 4);
    return begin;
  }

  // Pads with no-operations.
  void EndRecord(size_t begin) {
    while (bytes_.size() % kRecordAlignment != 0) Byte(0);
    const auto length = static_cast<uint32_t>(bytes_.size() - begin - 4);
    for (size_t i = 0; i < 4; ++i) bytes_[begin + i] = static_cast<uint8_t>(length >> (8 * i));
  }

  size_t size() const { return bytes_.size(); }

 private:
  std::vector<uint8_t>& bytes_;
};

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
        writer_(result_.bytes) {
    WriteCie();
  }

  void Add(const NewCode::Entry& entry) {
    const std::optional<CodeOutline> outline = Outline(target_, entry.code());
    if (!outline.has_value()) {
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
    writer_.Fixed(0, 4);
    return std::move(result_);
  }

 private:
  struct OpenFde {
    size_t record;
    size_t range;
    const uint8_t* code_begin;
    const uint8_t* code_end;
    const uint8_t* location;
    Frame frame;  // At `location`.
  };

  // The code alignment factor: of all locations that rows begin at.
  static size_t LocationUnit(const NewCode& code, UnwindTables tables) {
    size_t unit = DwarfNumbersOf(Info(code.target).isa).code_alignment_bytes;
    if (tables == UnwindTables::kAsynchronous) return unit;
    const auto divides = [&](size_t candidate) {
      return std::all_of(code.entries.begin(), code.entries.end(), [&](const auto& entry) {
        return (entry.begin - code.begin()) % static_cast<ptrdiff_t>(candidate) == 0;
      });
    };
    while (unit < kMaxLocationUnit && divides(2 * unit)) unit *= 2;
    return unit;
  }

  Frame InitialFrame() const { return {numbers_.return_address_is_pushed ? kDataAlignment : 0}; }

  void WriteCie() {
    const size_t record = writer_.BeginRecord();
    writer_.Fixed(0, 4);
    writer_.Byte(1);  // Version.
    for (const char c : {'z', 'R', '\0'}) writer_.Byte(static_cast<uint8_t>(c));
    writer_.Uleb(location_unit_bytes_);
    writer_.Byte(0x80 - kDataAlignment);  // As signed LEB128.
    writer_.Uleb(numbers_.return_address);
    writer_.Uleb(1);  // Of the augmentation.
    writer_.Byte(0);  // Addresses of 8 bytes.
    writer_.Byte(kDefCfa);
    writer_.Uleb(numbers_.sp);
    writer_.Uleb(numbers_.return_address_is_pushed ? kDataAlignment : 0);
    if (numbers_.return_address_is_pushed) {
      writer_.Byte(kOffset | numbers_.return_address);
      writer_.Uleb(1);
    }
    writer_.EndRecord(record);
  }

  void BeginFde(const uint8_t* begin) {
    fde_ = OpenFde{writer_.BeginRecord(), 0, begin, begin, begin, InitialFrame()};
    result_.fdes.push_back({begin, static_cast<uint32_t>(fde_->record)});
    writer_.Fixed(writer_.size(), 4);  // Back to the CIE, which is at 0.
    writer_.Fixed(reinterpret_cast<uintptr_t>(begin), 8);
    fde_->range = writer_.size();
    writer_.Fixed(0, 8);
    writer_.Uleb(0);  // Of the augmentation.
  }

  void EndFde() {
    if (!fde_.has_value()) return;
    const auto range = static_cast<uint64_t>(fde_->code_end - fde_->code_begin);
    for (size_t i = 0; i < 8; ++i) {
      result_.bytes[fde_->range + i] = static_cast<uint8_t>(range >> (8 * i));
    }
    writer_.EndRecord(fde_->record);
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
    if (frame.cfa != before.cfa) AddRow(location, {0, Row::Kind::kCfa, 0, frame.cfa});
    for (uint8_t reg = 0; reg < frame.saved.size(); ++reg) {
      const int32_t saved = frame.saved[reg];
      if (saved == before.saved[reg]) continue;
      AddRow(location, {0, saved != 0 ? Row::Kind::kSaved : Row::Kind::kRestored, reg, saved});
    }
  }

  void AddRow(const uint8_t* location, const Row& row) {
    AdvanceTo(location);
    fde_->frame.Apply(row);
    switch (row.kind) {
      case Row::Kind::kCfa:
        writer_.Byte(kDefCfaOffset);
        writer_.Uleb(static_cast<uint64_t>(row.value));
        break;
      case Row::Kind::kSaved:
        writer_.Byte(kOffset | numbers_.Of(row.reg));
        writer_.Uleb(static_cast<uint64_t>(row.value / kDataAlignment));
        break;
      case Row::Kind::kRestored:
        writer_.Byte(kRestore | numbers_.Of(row.reg));
        break;
    }
  }

  void AdvanceTo(const uint8_t* location) {
    const auto delta = static_cast<uint64_t>(location - fde_->location) / location_unit_bytes_;
    fde_->location = location;
    if (delta == 0) return;
    if (delta < 0x40) {
      writer_.Byte(static_cast<uint8_t>(kAdvanceLoc | delta));
    } else if (delta <= 0xFF) {
      writer_.Byte(kAdvanceLoc1);
      writer_.Fixed(delta, 1);
    } else if (delta <= 0xFFFF) {
      writer_.Byte(kAdvanceLoc2);
      writer_.Fixed(delta, 2);
    } else {
      writer_.Byte(kAdvanceLoc4);
      writer_.Fixed(delta, 4);
    }
  }

  const Target target_;
  const UnwindTables tables_;
  const DwarfNumbers& numbers_;
  const size_t location_unit_bytes_;
  EhFrame result_;
  Writer writer_;
  std::optional<OpenFde> fde_;
};

}  // namespace

EhFrame BuildEhFrame(const NewCode& code, UnwindTables tables) {
  Builder builder(code, tables);
  for (const NewCode::Entry& entry : code.entries) builder.Add(entry);
  return builder.Finish();
}

}  // namespace springboard
