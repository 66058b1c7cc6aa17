#include "client/object/coff_writer.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/object/a64_unwind_info.h"
#include "client/object/byte_writer.h"
#include "client/object/object_check.h"
#include "client/object/x64_unwind_info.h"
#include "compiler/error_details.h"

// Sections' names in quotes are those of Microsoft, "PE Format".

namespace springboard {
namespace {

// What differs between the machines ("Machine Types", "Type Indicators").
struct Machine {
  Target target;
  uint16_t type;
  uint16_t branch_relocation;   // IMAGE_REL_AMD64_REL32, IMAGE_REL_ARM64_BRANCH26
  uint32_t branch_field_bytes;  // From the branch to what is relocated.
  uint16_t image_relocation;    // ADDR32NB: relative to the image's base.
};
constexpr Machine kMachines[] = {
    {Target::kX64Windows, 0x8664, 0x0004, 1, 0x0003},
    {Target::kA64Windows, 0xAA64, 0x0003, 0, 0x0002},
};

// "Section Flags"
constexpr uint32_t kCode = 0x60000020;      // CNT_CODE, MEM_EXECUTE, MEM_READ
constexpr uint32_t kReadOnly = 0x40000040;  // CNT_INITIALIZED_DATA, MEM_READ
constexpr uint32_t kComdat = 0x00001000;
constexpr uint32_t kAlign4 = 0x00300000;

// "COMDAT Sections"
constexpr uint8_t kSelectNoDuplicates = 1;
constexpr uint8_t kSelectAssociative = 5;

// "Symbol Table"
constexpr uint16_t kFunctionType = 0x20;
constexpr uint8_t kExternal = 2;
constexpr uint8_t kStatic = 3;
constexpr int32_t kUndefined = 0;
constexpr int32_t kAbsolute = -1;
constexpr size_t kShortNameBytes = 8;

// winnt.h: IMAGE_SYM_SECTION_MAX, above which an object is a big one.
constexpr size_t kMaxSections = 0xFEFF;
constexpr absl::string_view kBigObjectClass(
    "\xC7\xA1\xBA\xD1\xEE\xBA\xA9\x4B\xAF\x20\xFA\xF6\x6A\xA4\xDC\xB8", 16);

// Guard CF and Guard EHCont, as compilers set them.
constexpr uint32_t kFeatures = 0x0800 | 0x4000;

constexpr size_t kHeaderBytes = 20;
constexpr size_t kBigHeaderBytes = 56;
constexpr size_t kSectionHeaderBytes = 40;
constexpr size_t kMaxBytes = 0x7FFFFFFF;

struct CoffRelocation {
  uint32_t offset_bytes;
  uint32_t symbol;  // By its index in the table.
  uint16_t type;
};

struct Section {
  absl::string_view name;
  uint32_t flags;
  std::string data;
  std::vector<CoffRelocation> relocations;
};

const Machine* MachineOf(Target target) {
  for (const Machine& machine : kMachines) {
    if (machine.target == target) return &machine;
  }
  return nullptr;
}

uint32_t AlignmentFlag(uint32_t bytes) {
  uint32_t flag = 1;
  for (; bytes > 1; bytes /= 2) ++flag;
  return flag << 20;
}

// What goes to .xdata; empty for a leaf function.
absl::StatusOr<std::string> UnwindInfo(const ObjectFunction& function, Isa isa) {
  return isa == Isa::kX64 ? X64UnwindInfo(function) : A64UnwindInfo(function);
}

class CoffBuilder {
 public:
  CoffBuilder(const Object& object, const Machine& machine) : object_(object), machine_(machine) {}

  absl::StatusOr<std::string> Build() {
    for (size_t i = 0; i < object_.functions.size(); ++i) {
      absl::StatusOr<std::string> unwind =
          UnwindInfo(object_.functions[i], Info(object_.target).isa);
      if (!unwind.ok()) {
        return WithFieldPrefix(unwind.status(), absl::StrCat("functions[", i, "]"));
      }
      section_count_ += unwind->empty() ? 1 : 3;
      unwinds_.push_back(*std::move(unwind));
    }
    is_big_ = section_count_ > kMaxSections;
    IndexSymbols();
    AddSymbol("@feat.00", kFeatures, kAbsolute, 0, kStatic, 0);
    for (size_t i = 0; i < object_.functions.size(); ++i) AddFunction(i);
    for (const absl::string_view callee : callees_) {
      AddSymbol(callee, 0, kUndefined, kFunctionType, kExternal, 0);
    }
    return Assemble();
  }

 private:
  // A section's symbol or a function's has one auxiliary record.
  static constexpr uint32_t kDefinitionRecords = 2;

  // Functions with what belongs to them come first, then the callees.
  void IndexSymbols() {
    uint32_t next = 1;
    for (size_t i = 0; i < object_.functions.size(); ++i) {
      function_symbols_.push_back(next + kDefinitionRecords);
      indexes_[object_.functions[i].name] = function_symbols_[i];
      next += (unwinds_[i].empty() ? 2 : 4) * kDefinitionRecords;
    }
    for (const ObjectFunction& function : object_.functions) indexes_.insert({function.callee, 0});
    for (auto& [name, index] : indexes_) {
      if (index != 0) continue;
      index = next++;
      callees_.push_back(name);
    }
  }

  void AddFunction(size_t i) {
    const ObjectFunction& function = object_.functions[i];
    const std::string& unwind = unwinds_[i];
    const uint32_t symbol = function_symbols_[i];
    const auto size = static_cast<uint32_t>(function.code.size());

    const int32_t text =
        AddSection({".text",
                    kCode | AlignmentFlag(function.alignment_bytes),
                    std::string(function.code.begin(), function.code.end()),
                    {{function.branch_offset_bytes + machine_.branch_field_bytes,
                      indexes_.find(function.callee)->second, machine_.branch_relocation}}},
                   std::nullopt);
    AddSymbol(function.name, 0, text, kFunctionType, kExternal, 1);
    symbols_.U32(0);  // "Auxiliary Format 1": there is no .bf symbol,
    symbols_.U32(size);
    symbols_.U32(0);  // there are no line numbers,
    symbols_.U32(0);  // and no function that is next to them.
    EndRecord(16);

    if (unwind.empty()) return;
    const uint32_t xdata_symbol = symbol + kDefinitionRecords;
    AddSection({".xdata", kReadOnly | kAlign4, unwind, {}}, text);
    AddSection(ProcedureData(symbol, xdata_symbol, size), text);
  }

  // x64: begin, end and unwind information; ARM64: begin and .xdata.
  Section ProcedureData(uint32_t function, uint32_t xdata, uint32_t size_bytes) const {
    Section section = {".pdata", kReadOnly | kAlign4, "", {}};
    ByteWriter data;
    const auto address = [&](uint32_t symbol, uint32_t addend) {
      section.relocations.push_back(
          {static_cast<uint32_t>(data.size()), symbol, machine_.image_relocation});
      data.U32(addend);
    };
    address(function, 0);
    if (machine_.target == Target::kX64Windows) address(function, size_bytes);
    address(xdata, 0);
    section.data = data.Take();
    return section;
  }

  // Adds its symbol, too, as the next one. Returns its number.
  int32_t AddSection(const Section& section, std::optional<int32_t> associated) {
    const size_t content = (is_big_ ? kBigHeaderBytes : kHeaderBytes) +
                           section_count_ * kSectionHeaderBytes + contents_.size();
    const size_t relocations = content + section.data.size();
    const auto number = static_cast<int32_t>(headers_.size() / kSectionHeaderBytes) + 1;
    headers_.Text(section.name, kShortNameBytes);
    headers_.U32(0);  // No size and address in memory: this is no image.
    headers_.U32(0);
    headers_.U32(static_cast<uint32_t>(section.data.size()));
    headers_.U32(static_cast<uint32_t>(content));
    headers_.U32(section.relocations.empty() ? 0 : static_cast<uint32_t>(relocations));
    headers_.U32(0);  // Line numbers.
    headers_.U16(static_cast<uint16_t>(section.relocations.size()));
    headers_.U16(0);
    headers_.U32(section.flags | kComdat);
    contents_.Bytes(section.data);
    for (const CoffRelocation& relocation : section.relocations) {
      contents_.U32(relocation.offset_bytes);
      contents_.U32(relocation.symbol);
      contents_.U16(relocation.type);
    }

    AddSymbol(section.name, 0, number, 0, kStatic, 1);
    const auto named = static_cast<uint32_t>(associated.value_or(number));
    symbols_.U32(static_cast<uint32_t>(section.data.size()));  // "Auxiliary Format 5"
    symbols_.U16(static_cast<uint16_t>(section.relocations.size()));
    symbols_.U16(0);  // Line numbers.
    symbols_.U32(0);  // A checksum, for other selections.
    symbols_.U16(static_cast<uint16_t>(named));
    symbols_.U8(associated.has_value() ? kSelectAssociative : kSelectNoDuplicates);
    symbols_.U8(0);
    symbols_.U16(static_cast<uint16_t>(named >> 16));
    EndRecord(18);
    return number;
  }

  void AddSymbol(absl::string_view name, uint32_t value, int32_t section, uint16_t type,
                 uint8_t storage_class, uint8_t auxiliary_records) {
    if (name.size() <= kShortNameBytes) {
      symbols_.Text(name, kShortNameBytes);
    } else {
      symbols_.U32(0);
      symbols_.U32(static_cast<uint32_t>(sizeof(uint32_t) + strings_.size()));
      strings_.Bytes(name);
      strings_.U8(0);
    }
    symbols_.U32(value);
    if (is_big_) {
      symbols_.U32(static_cast<uint32_t>(section));
    } else {
      symbols_.U16(static_cast<uint16_t>(section));
    }
    symbols_.U16(type);
    symbols_.U8(storage_class);
    symbols_.U8(auxiliary_records);
    ++symbol_records_;
  }

  // Fills up an auxiliary record.
  void EndRecord(size_t size) {
    for (; size < SymbolBytes(); ++size) symbols_.U8(0);
    ++symbol_records_;
  }

  size_t SymbolBytes() const { return is_big_ ? 20 : 18; }

  void WriteHeader(ByteWriter& file, size_t symbols_offset) const {
    const auto symbols = static_cast<uint32_t>(symbols_offset);
    if (!is_big_) {
      file.U16(machine_.type);
      file.U16(static_cast<uint16_t>(section_count_));
      file.U32(0);  // The time.
      file.U32(symbols);
      file.U32(symbol_records_);
      file.U16(0);  // No optional header.
      file.U16(0);  // No characteristics.
      return;
    }
    file.U16(0);  // winnt.h: ANON_OBJECT_HEADER_BIGOBJ
    file.U16(0xFFFF);
    file.U16(2);  // The version.
    file.U16(machine_.type);
    file.U32(0);  // The time.
    file.Bytes(kBigObjectClass);
    for (int i = 0; i < 4; ++i) file.U32(0);  // No metadata.
    file.U32(static_cast<uint32_t>(section_count_));
    file.U32(symbols);
    file.U32(symbol_records_);
  }

  absl::StatusOr<std::string> Assemble() {
    const size_t symbols_offset =
        (is_big_ ? kBigHeaderBytes : kHeaderBytes) + headers_.size() + contents_.size();
    const size_t size = symbols_offset + symbols_.size() + sizeof(uint32_t) + strings_.size();
    if (size > kMaxBytes) {
      return MakeError(absl::StatusCode::kInvalidArgument, reason::kObjectTooLarge, "functions",
                       absl::StrCat("a COFF object has at most ", kMaxBytes, " bytes; got ", size));
    }
    ByteWriter file;
    file.Reserve(size);
    WriteHeader(file, symbols_offset);
    file.Bytes(headers_.bytes());
    file.Bytes(contents_.bytes());
    file.Bytes(symbols_.bytes());
    file.U32(static_cast<uint32_t>(sizeof(uint32_t) + strings_.size()));  // "String Table"
    file.Bytes(strings_.bytes());
    return file.Take();
  }

  const Object& object_;
  const Machine& machine_;
  std::vector<std::string> unwinds_;        // By function.
  std::vector<uint32_t> function_symbols_;  // By function.
  std::map<absl::string_view, uint32_t> indexes_;
  std::vector<absl::string_view> callees_;  // Those that are not defined here.
  size_t section_count_ = 0;
  bool is_big_ = false;
  uint32_t symbol_records_ = 0;
  ByteWriter headers_;
  ByteWriter contents_;  // Of sections, each with its relocations behind it.
  ByteWriter symbols_;
  ByteWriter strings_;
};

}  // namespace

absl::StatusOr<std::string> WriteCoff(const Object& object) {
  const Machine* const machine = MachineOf(object.target);
  if (machine == nullptr) {
    return MakeError(absl::StatusCode::kInvalidArgument, reason::kUnsupportedTarget, "target",
                     absl::StrCat("COFF is for Windows; got ", ToString(object.target)));
  }
  const absl::Status valid = CheckObject(object);
  if (!valid.ok()) return valid;
  return CoffBuilder(object, *machine).Build();
}

}  // namespace springboard
