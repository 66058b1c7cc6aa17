#include "client/object/elf_writer.h"

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/arena/cfi_writer.h"
#include "client/arena/dwarf_numbers.h"
#include "client/object/byte_writer.h"
#include "client/object/object_check.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

// What differs between the machines (System V AMD64 psABI, 4.4; ELF for the Arm 64-bit
// Architecture, 5.7 and 6).
struct Machine {
  Target target;
  Elf64_Half type;
  uint32_t call_relocation;
  uint32_t jump_relocation;
  uint32_t branch_field_bytes;  // From the branch to what is relocated.
  int64_t branch_addend;
  uint32_t relative_relocation;  // Of 32 bits, for unwind information.
  uint32_t feature_property;     // GNU_PROPERTY_..._FEATURE_1_AND
  uint32_t landing_features;
};
constexpr Machine kMachines[] = {
    {Target::kX64SystemV, EM_X86_64, R_X86_64_PLT32, R_X86_64_PLT32, 1, -4, R_X86_64_PC32,
     0xC0000002, 3},  // IBT, SHSTK
    {Target::kA64Linux, EM_AARCH64, R_AARCH64_CALL26, R_AARCH64_JUMP26, 0, 0, R_AARCH64_PREL32,
     0xC0000000, 1},  // BTI
};

constexpr uint32_t kPropertyNoteType = 5;  // NT_GNU_PROPERTY_TYPE_0
constexpr size_t kAlignment = 8;

const Machine* MachineOf(Target target) {
  for (const Machine& machine : kMachines) {
    if (machine.target == target) return &machine;
  }
  return nullptr;
}

// As string tables have it, each with a terminator, found by its offset.
uint32_t AddString(absl::string_view text, std::string& table) {
  const auto offset = static_cast<uint32_t>(table.size());
  absl::StrAppend(&table, text);
  table.push_back('\0');
  return offset;
}

template <typename Record>
void Append(const Record& record, std::string& bytes) {
  bytes.append(reinterpret_cast<const char*>(&record), sizeof(record));
}

class Writer {
 public:
  Writer(const Object& object, const Machine& machine) : object_(object), machine_(machine) {
    bytes_.resize(sizeof(Elf64_Ehdr));
    headers_.push_back({});
    Append(Elf64_Sym{}, symbols_);
  }

  absl::StatusOr<std::string> Write() {
    AddSymbols();
    for (const ObjectFunction& function : object_.functions) AddCode(function);
    AddUnwindInformation();
    if (object_.has_landing_pads) AddPropertyNote();
    AddSection(".note.GNU-stack", SHT_PROGBITS, 0, 1, {});
    AddTables();
    // Offsets into these are of 32 bits.
    if (is_too_large_) {
      return MakeError(absl::StatusCode::kInvalidArgument, reason::kObjectTooLarge, "functions",
                       absl::StrCat("an object's names and unwind information have less than 4 GiB "
                                    "each; got ",
                                    object_.functions.size(), " functions"));
    }
    return Finish();
  }

 private:
  // Sections stand in a fixed order: what others refer to is known before it is written.
  size_t TextSection(size_t function) const { return 1 + 2 * function; }
  size_t FirstSectionBehindCode() const { return TextSection(object_.functions.size()); }
  size_t SymbolSection() const {
    return FirstSectionBehindCode() + (object_.functions.empty() ? 0 : 2) +
           (object_.has_landing_pads ? 1 : 0) + 1;
  }

  Elf64_Shdr& AddSection(uint32_t name, Elf64_Word type, Elf64_Xword flags, size_t alignment,
                         absl::string_view contents) {
    bytes_.resize((bytes_.size() + alignment - 1) / alignment * alignment);
    Elf64_Shdr header = {};
    header.sh_name = name;
    header.sh_type = type;
    header.sh_flags = flags;
    header.sh_offset = bytes_.size();
    header.sh_size = contents.size();
    header.sh_addralign = alignment;
    absl::StrAppend(&bytes_, contents);
    headers_.push_back(header);
    return headers_.back();
  }

  Elf64_Shdr& AddSection(absl::string_view name, Elf64_Word type, Elf64_Xword flags,
                         size_t alignment, absl::string_view contents) {
    return AddSection(AddString(name, section_names_), type, flags, alignment, contents);
  }

  // Of the section before.
  void AddRelocations(uint32_t name, const std::string& relocations) {
    const size_t relocated = headers_.size() - 1;
    Elf64_Shdr& header = AddSection(name, SHT_RELA, SHF_INFO_LINK, kAlignment, relocations);
    header.sh_link = static_cast<Elf64_Word>(SymbolSection());
    header.sh_info = static_cast<Elf64_Word>(relocated);
    header.sh_entsize = sizeof(Elf64_Rela);
  }

  void AddSymbol(uint32_t name, unsigned char info, size_t section, uint64_t size) {
    Elf64_Sym symbol = {};
    symbol.st_name = name;
    symbol.st_info = info;
    const bool is_extended = section >= SHN_LORESERVE;
    symbol.st_shndx =
        is_extended ? static_cast<Elf64_Half>(SHN_XINDEX) : static_cast<Elf64_Half>(section);
    symbol.st_size = size;
    Append(symbol, symbols_);
    extended_sections_.push_back(is_extended ? static_cast<uint32_t>(section) : 0);
    has_extended_sections_ = has_extended_sections_ || is_extended;
  }

  size_t symbol_count() const { return symbols_.size() / sizeof(Elf64_Sym); }

  // Those of sections are local and come first; unwind information refers to them, so that no
  // other module's function of the same name is described.
  void AddSymbols() {
    const std::vector<ObjectFunction>& functions = object_.functions;
    for (size_t i = 0; i < functions.size(); ++i) {
      AddSymbol(0, ELF64_ST_INFO(STB_LOCAL, STT_SECTION), TextSection(i), 0);
    }
    first_global_ = symbol_count();
    for (size_t i = 0; i < functions.size(); ++i) {
      symbol_of_.emplace(functions[i].name, symbol_count());
      AddSymbol(AddString(functions[i].name, symbol_names_), ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
                TextSection(i), functions[i].code.size());
    }
    for (const ObjectFunction& function : functions) {
      if (!symbol_of_.emplace(function.callee, symbol_count()).second) continue;
      AddSymbol(AddString(function.callee, symbol_names_), ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE),
                SHN_UNDEF, 0);
    }
  }

  void AddCode(const ObjectFunction& function) {
    const uint32_t name = AddString(absl::StrCat(".rela.text.", function.name), section_names_);
    constexpr auto kPrefixBytes = static_cast<uint32_t>(sizeof(".rela") - 1);
    AddSection(name + kPrefixBytes, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR,
               function.alignment_bytes,
               absl::string_view(reinterpret_cast<const char*>(function.code.data()),
                                 function.code.size()));
    std::string relocations;
    AppendRelocation(function.branch_offset_bytes + machine_.branch_field_bytes,
                     symbol_of_.find(function.callee)->second,
                     function.is_tail_call ? machine_.jump_relocation : machine_.call_relocation,
                     machine_.branch_addend, relocations);
    AddRelocations(name, relocations);
  }

  static void AppendRelocation(uint64_t offset, size_t symbol, uint32_t type, int64_t addend,
                               std::string& relocations) {
    Elf64_Rela relocation = {};
    relocation.r_offset = offset;
    relocation.r_info = ELF64_R_INFO(uint64_t{symbol}, uint64_t{type});
    relocation.r_addend = addend;
    Append(relocation, relocations);
  }

  // An FDE for every function, also for those without a frame: a signal may come in any.
  void AddUnwindInformation() {
    if (object_.functions.empty()) return;
    const DwarfNumbers& numbers = DwarfNumbersOf(Info(object_.target).isa);
    std::vector<uint8_t> frame;
    std::string relocations;
    CfiWriter writer(numbers, numbers.code_alignment_bytes, CfiPointers::kRelativeInt32, frame);
    writer.WriteCie();
    for (size_t i = 0; i < object_.functions.size(); ++i) {
      const ObjectFunction& function = object_.functions[i];
      const CfiWriter::Fde fde = writer.BeginFde();
      uint32_t location = 0;
      for (const CodeOutline::Row& row : function.rows) {
        writer.AddRow(row.offset_bytes - location, row);
        location = row.offset_bytes;
      }
      writer.EndFde(fde, function.code.size());
      AppendRelocation(fde.begin, 1 + i, machine_.relative_relocation, 0, relocations);
    }
    CheckSize(frame.size());
    const uint32_t name = AddString(".rela.eh_frame", section_names_);
    constexpr auto kPrefixBytes = static_cast<uint32_t>(sizeof(".rela") - 1);
    AddSection(name + kPrefixBytes, SHT_PROGBITS, SHF_ALLOC, kAlignment,
               absl::string_view(reinterpret_cast<const char*>(frame.data()), frame.size()));
    AddRelocations(name, relocations);
  }

  void AddPropertyNote() {
    ByteWriter note;
    note.U32(4);   // Of the name.
    note.U32(16);  // Of the properties.
    note.U32(kPropertyNoteType);
    note.Text("GNU", 4);
    note.U32(machine_.feature_property);
    note.U32(4);
    note.U32(machine_.landing_features);
    note.Align(kAlignment);
    AddSection(".note.gnu.property", SHT_NOTE, SHF_ALLOC, kAlignment, note.bytes());
  }

  void AddTables() {
    const size_t table = headers_.size();
    Elf64_Shdr& symbols = AddSection(".symtab", SHT_SYMTAB, 0, kAlignment, symbols_);
    symbols.sh_link = static_cast<Elf64_Word>(table + (has_extended_sections_ ? 2 : 1));
    symbols.sh_info = static_cast<Elf64_Word>(first_global_);
    symbols.sh_entsize = sizeof(Elf64_Sym);
    if (has_extended_sections_) {
      std::string indices(sizeof(uint32_t), '\0');  // Of the null symbol.
      for (const uint32_t section : extended_sections_) Append(section, indices);
      Elf64_Shdr& header =
          AddSection(".symtab_shndx", SHT_SYMTAB_SHNDX, 0, sizeof(uint32_t), indices);
      header.sh_link = static_cast<Elf64_Word>(table);
      header.sh_entsize = sizeof(uint32_t);
    }
    AddSection(".strtab", SHT_STRTAB, 0, 1, symbol_names_);
    CheckSize(symbol_names_.size());
    const uint32_t name = AddString(".shstrtab", section_names_);
    AddSection(name, SHT_STRTAB, 0, 1, section_names_);
    CheckSize(section_names_.size());
  }

  void CheckSize(size_t size) {
    is_too_large_ = is_too_large_ || size > std::numeric_limits<uint32_t>::max();
  }

  // The first section's header has what does not fit the file's.
  std::string Finish() {
    bytes_.resize((bytes_.size() + kAlignment - 1) / kAlignment * kAlignment);
    const size_t count = headers_.size();
    Elf64_Ehdr header = {};
    absl::string_view(ELFMAG, SELFMAG).copy(reinterpret_cast<char*>(header.e_ident), SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_REL;
    header.e_machine = machine_.type;
    header.e_version = EV_CURRENT;
    header.e_shoff = bytes_.size();
    header.e_ehsize = sizeof(Elf64_Ehdr);
    header.e_shentsize = sizeof(Elf64_Shdr);
    if (count < SHN_LORESERVE) {
      header.e_shnum = static_cast<Elf64_Half>(count);
      header.e_shstrndx = static_cast<Elf64_Half>(count - 1);
    } else {
      headers_[0].sh_size = count;
      header.e_shstrndx = SHN_XINDEX;
      headers_[0].sh_link = static_cast<Elf64_Word>(count - 1);
    }
    for (const Elf64_Shdr& section : headers_) Append(section, bytes_);
    bytes_.replace(0, sizeof(header), reinterpret_cast<const char*>(&header), sizeof(header));
    return std::move(bytes_);
  }

  const Object& object_;
  const Machine& machine_;
  std::string bytes_;
  std::vector<Elf64_Shdr> headers_;
  std::string section_names_ = std::string(1, '\0');
  std::string symbol_names_ = std::string(1, '\0');
  std::string symbols_;
  std::vector<uint32_t> extended_sections_;  // Of all symbols but the null one; 0 where not needed.
  bool has_extended_sections_ = false;
  std::map<absl::string_view, size_t> symbol_of_;
  size_t first_global_ = 0;
  bool is_too_large_ = false;
};

}  // namespace

absl::StatusOr<std::string> WriteElf(const Object& object) {
  const Machine* const machine = MachineOf(object.target);
  if (machine == nullptr) {
    return MakeError(absl::StatusCode::kInvalidArgument, reason::kUnsupportedTarget, "target",
                     absl::StrCat("ELF objects are for x86_64-sysv and aarch64-linux; got ",
                                  ToString(object.target)));
  }
  const absl::Status status = CheckObject(object);
  if (!status.ok()) return status;
  return Writer(object, *machine).Write();
}

}  // namespace springboard
