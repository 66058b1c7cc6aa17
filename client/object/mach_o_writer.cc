#include "client/object/mach_o_writer.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/object/byte_writer.h"
#include "client/object/mach_o_eh_frame.h"
#include "client/object/object_check.h"
#include "compiler/error_details.h"

// Names in comments are those of mach-o/loader.h, mach-o/nlist.h, mach-o/reloc.h,
// mach-o/arm64/reloc.h and mach-o/compact_unwind_encoding.h.

namespace springboard {
namespace {

constexpr uint32_t kMagic = 0xFEEDFACF;            // MH_MAGIC_64
constexpr uint32_t kArm64 = 0x0100000C;            // CPU_TYPE_ARM64
constexpr uint32_t kObject = 1;                    // MH_OBJECT
constexpr uint32_t kSubsectionsBySymbol = 0x2000;  // MH_SUBSECTIONS_VIA_SYMBOLS

constexpr uint32_t kSegment = 0x19;         // LC_SEGMENT_64
constexpr uint32_t kSymbolTable = 0x02;     // LC_SYMTAB
constexpr uint32_t kDynamicSymbols = 0x0B;  // LC_DYSYMTAB
constexpr uint32_t kBuildVersion = 0x32;    // LC_BUILD_VERSION
constexpr uint32_t kMacOs = 1;              // PLATFORM_MACOS
constexpr uint32_t kMacOs11 = 11 << 16;     // The first one on arm64.
constexpr uint32_t kAllProtection = 7;      // VM_PROT_READ | WRITE | EXECUTE

constexpr uint32_t kCodeSection = 0x80000400;     // S_REGULAR, S_ATTR_PURE_, SOME_INSTRUCTIONS
constexpr uint32_t kCompactSection = 0x02000000;  // S_REGULAR, S_ATTR_DEBUG
// S_COALESCED, S_ATTR_NO_TOC, STRIP_STATIC_SYMS, LIVE_SUPPORT
constexpr uint32_t kEhFrameSection = 0x6800000B;

constexpr uint8_t kInSection = 0x0E;  // N_SECT
constexpr uint8_t kExternal = 0x01;   // N_EXT, of N_UNDF too.

constexpr uint32_t kUnsigned = 0;    // ARM64_RELOC_UNSIGNED
constexpr uint32_t kSubtractor = 1;  // ARM64_RELOC_SUBTRACTOR
constexpr uint32_t kBranch26 = 2;    // ARM64_RELOC_BRANCH26
constexpr uint32_t kLength4 = 2;     // r_length: log2 of bytes.
constexpr uint32_t kLength8 = 3;
constexpr uint32_t kMaxSymbols = 1 << 24;  // r_symbolnum

constexpr uint32_t kFramelessLeaf = 0x02000000;  // UNWIND_ARM64_MODE_FRAMELESS, no stack
constexpr uint32_t kDwarf = 0x03000000;          // UNWIND_ARM64_MODE_DWARF

constexpr uint32_t kNop = 0xD503201F;

constexpr size_t kHeaderBytes = 32;
constexpr size_t kSegmentBytes = 72;
constexpr size_t kSectionBytes = 80;
constexpr size_t kSymbolTableBytes = 24;
constexpr size_t kDynamicSymbolsBytes = 80;
constexpr size_t kBuildVersionBytes = 24;
constexpr size_t kRelocationBytes = 8;
constexpr size_t kWordBytes = 8;
constexpr size_t kMaxBytes = 0x7FFFFFFF;

// Of the linker alone, as compilers name them: the begin of __eh_frame.
constexpr absl::string_view kEhFrameSymbol = "ltmp0";

struct Section {
  absl::string_view name;
  absl::string_view segment;
  uint32_t flags;
  uint32_t alignment_log2;
  std::string data;
  ByteWriter relocations;
};

// struct relocation_info
void AddRelocation(Section& section, size_t address, uint32_t symbol, bool is_pc_relative,
                   uint32_t length, bool is_external, uint32_t type) {
  section.relocations.U32(static_cast<uint32_t>(address));
  section.relocations.U32(symbol | uint32_t{is_pc_relative} << 24 | length << 25 |
                          uint32_t{is_external} << 27 | type << 28);
}

uint32_t Log2(uint32_t power) {
  uint32_t log = 0;
  for (; power > 1; power /= 2) ++log;
  return log;
}

class MachOBuilder {
 public:
  explicit MachOBuilder(const Object& object) : object_(object) {}

  absl::StatusOr<std::string> Build() {
    const MachOEhFrame eh_frame = BuildMachOEhFrame(object_.functions);
    IndexSymbols(!eh_frame.bytes.empty());
    AddText();
    AddCompactUnwind();
    if (!eh_frame.bytes.empty()) AddEhFrame(eh_frame);
    PlaceSections();
    AddSymbols();
    return Assemble();
  }

 private:
  // Local ones, then those that are defined, then those that are not; see LC_DYSYMTAB.
  void IndexSymbols(bool has_eh_frame) {
    first_function_ = has_eh_frame ? 1 : 0;
    for (size_t i = 0; i < object_.functions.size(); ++i) {
      indexes_[object_.functions[i].name] = first_function_ + static_cast<uint32_t>(i);
    }
    const auto defined = static_cast<uint32_t>(indexes_.size());
    constexpr uint32_t kNone = ~0U;
    for (const ObjectFunction& function : object_.functions) {
      indexes_.insert({function.callee, kNone});
    }
    for (auto& [name, index] : indexes_) {
      if (index != kNone) continue;
      index = first_function_ + defined + static_cast<uint32_t>(callees_.size());
      callees_.push_back(name);
    }
  }

  void AddText() {
    Section section = {"__text", "__TEXT", kCodeSection, 2, "", {}};
    ByteWriter code;
    for (const ObjectFunction& function : object_.functions) {
      const uint32_t alignment = std::max<uint32_t>(function.alignment_bytes, sizeof(kNop));
      section.alignment_log2 = std::max(section.alignment_log2, Log2(alignment));
      while (code.size() % alignment != 0) code.U32(kNop);
      addresses_.push_back(static_cast<uint32_t>(code.size()));
      AddRelocation(section, code.size() + function.branch_offset_bytes,
                    indexes_.find(function.callee)->second, true, kLength4, true, kBranch26);
      code.Bytes({reinterpret_cast<const char*>(function.code.data()), function.code.size()});
    }
    section.data = code.Take();
    sections_.push_back(std::move(section));
  }

  // Entries as compilers write them, of which the linker makes __unwind_info: function, length,
  // encoding, personality, LSDA.
  void AddCompactUnwind() {
    constexpr uint32_t kTextOrdinal = 1;
    Section section = {"__compact_unwind", "__LD", kCompactSection, Log2(kWordBytes), "", {}};
    ByteWriter entries;
    for (size_t i = 0; i < object_.functions.size(); ++i) {
      const ObjectFunction& function = object_.functions[i];
      AddRelocation(section, entries.size(), kTextOrdinal, false, kLength8, false, kUnsigned);
      entries.U64(addresses_[i]);
      entries.U32(static_cast<uint32_t>(function.code.size()));
      entries.U32(function.rows.empty() ? kFramelessLeaf : kDwarf);
      entries.U64(0);
      entries.U64(0);
    }
    section.data = entries.Take();
    sections_.push_back(std::move(section));
  }

  void AddEhFrame(const MachOEhFrame& eh_frame) {
    Section section = {"__eh_frame",     "__TEXT",       kEhFrameSection,
                       Log2(kWordBytes), eh_frame.bytes, {}};
    for (const MachOEhFrame::Fde& fde : eh_frame.fdes) {
      const auto function = first_function_ + static_cast<uint32_t>(fde.function);
      AddRelocation(section, fde.address_bytes, 0, false, kLength8, true, kSubtractor);
      AddRelocation(section, fde.address_bytes, function, false, kLength8, true, kUnsigned);
    }
    sections_.push_back(std::move(section));
  }

  size_t CommandsBytes() const {
    return kSegmentBytes + sections_.size() * kSectionBytes + kSymbolTableBytes +
           kDynamicSymbolsBytes + kBuildVersionBytes;
  }

  // One behind the other, in memory as in the file.
  void PlaceSections() {
    for (const Section& section : sections_) {
      const uint64_t alignment = uint64_t{1} << section.alignment_log2;
      memory_bytes_ = (memory_bytes_ + alignment - 1) / alignment * alignment;
      section_addresses_.push_back(memory_bytes_);
      memory_bytes_ += section.data.size();
    }
  }

  void AddSymbols() {
    if (first_function_ > 0) {
      AddSymbol(kEhFrameSymbol, kInSection, 3, section_addresses_[2]);
    }
    for (size_t i = 0; i < object_.functions.size(); ++i) {
      AddSymbol(absl::StrCat("_", object_.functions[i].name), kInSection | kExternal, 1,
                addresses_[i]);
    }
    for (const absl::string_view callee : callees_) {
      AddSymbol(absl::StrCat("_", callee), kExternal, 0, 0);
    }
  }

  // struct nlist_64
  void AddSymbol(absl::string_view name, uint8_t type, uint8_t section, uint64_t value) {
    symbols_.U32(static_cast<uint32_t>(strings_.size()) + 1);
    symbols_.U8(type);
    symbols_.U8(section);
    symbols_.U16(0);
    symbols_.U64(value);
    strings_.Bytes(name);
    strings_.U8(0);
    ++symbol_count_;
  }

  absl::StatusOr<std::string> Assemble() {
    const size_t content = kHeaderBytes + CommandsBytes();
    size_t relocations = (content + memory_bytes_ + kWordBytes - 1) / kWordBytes * kWordBytes;
    const size_t first_relocation = relocations;
    size_t symbols = relocations;
    for (const Section& section : sections_) symbols += section.relocations.size();
    const size_t strings = symbols + symbols_.size();
    const size_t size = strings + 1 + strings_.size();
    if (size > kMaxBytes || symbol_count_ > kMaxSymbols) {
      return MakeError(absl::StatusCode::kInvalidArgument, reason::kObjectTooLarge, "functions",
                       absl::StrCat("a Mach-O object has at most ", kMaxBytes, " bytes and ",
                                    kMaxSymbols, " symbols; got ", size, " and ", symbol_count_));
    }
    ByteWriter file;
    file.Reserve(size + kWordBytes);
    WriteHeader(file);
    WriteSegment(file, content);
    for (size_t i = 0; i < sections_.size(); ++i) {
      WriteSection(file, sections_[i], section_addresses_[i], content, relocations);
      relocations += sections_[i].relocations.size();
    }
    WriteBuildVersion(file);
    WriteSymbolCommands(file, symbols, strings);
    for (size_t i = 0; i < sections_.size(); ++i) {
      file.PadTo(content + section_addresses_[i]);
      file.Bytes(sections_[i].data);
    }
    file.PadTo(first_relocation);
    for (const Section& section : sections_) file.Bytes(section.relocations.bytes());
    file.Bytes(symbols_.bytes());
    file.U8(0);  // Of no name.
    file.Bytes(strings_.bytes());
    return file.Take();
  }

  // struct mach_header_64
  void WriteHeader(ByteWriter& file) const {
    file.U32(kMagic);
    file.U32(kArm64);
    file.U32(0);  // CPU_SUBTYPE_ARM64_ALL
    file.U32(kObject);
    file.U32(4);  // Commands.
    file.U32(static_cast<uint32_t>(CommandsBytes()));
    file.U32(kSubsectionsBySymbol);
    file.U32(0);
  }

  // struct segment_command_64: one for all sections, without a name.
  void WriteSegment(ByteWriter& file, size_t content) const {
    file.U32(kSegment);
    file.U32(static_cast<uint32_t>(kSegmentBytes + sections_.size() * kSectionBytes));
    file.Text("", 16);
    file.U64(0);
    file.U64(memory_bytes_);
    file.U64(content);
    file.U64(memory_bytes_);
    file.U32(kAllProtection);
    file.U32(kAllProtection);
    file.U32(static_cast<uint32_t>(sections_.size()));
    file.U32(0);
  }

  // struct section_64
  static void WriteSection(ByteWriter& file, const Section& section, uint64_t address,
                           size_t content, size_t relocations) {
    const size_t count = section.relocations.size() / kRelocationBytes;
    file.Text(section.name, 16);
    file.Text(section.segment, 16);
    file.U64(address);
    file.U64(section.data.size());
    file.U32(static_cast<uint32_t>(content + address));
    file.U32(section.alignment_log2);
    file.U32(count == 0 ? 0 : static_cast<uint32_t>(relocations));
    file.U32(static_cast<uint32_t>(count));
    file.U32(section.flags);
    for (int i = 0; i < 3; ++i) file.U32(0);
  }

  // struct build_version_command
  static void WriteBuildVersion(ByteWriter& file) {
    file.U32(kBuildVersion);
    file.U32(kBuildVersionBytes);
    file.U32(kMacOs);
    file.U32(kMacOs11);
    file.U32(0);  // Made with no SDK
    file.U32(0);  // and no tools that it would name.
  }

  // struct symtab_command, struct dysymtab_command
  void WriteSymbolCommands(ByteWriter& file, size_t symbols, size_t strings) const {
    const auto functions = static_cast<uint32_t>(object_.functions.size());
    file.U32(kSymbolTable);
    file.U32(kSymbolTableBytes);
    file.U32(static_cast<uint32_t>(symbols));
    file.U32(symbol_count_);
    file.U32(static_cast<uint32_t>(strings));
    file.U32(static_cast<uint32_t>(1 + strings_.size()));
    file.U32(kDynamicSymbols);
    file.U32(kDynamicSymbolsBytes);
    file.U32(0);
    file.U32(first_function_);
    file.U32(first_function_);
    file.U32(functions);
    file.U32(first_function_ + functions);
    file.U32(static_cast<uint32_t>(callees_.size()));
    for (int i = 0; i < 12; ++i) file.U32(0);
  }

  const Object& object_;
  uint32_t first_function_ = 0;  // By its index in the symbol table.
  std::map<absl::string_view, uint32_t> indexes_;
  std::vector<absl::string_view> callees_;  // Those that are not defined here.
  std::vector<uint32_t> addresses_;         // Of functions, in __text.
  std::vector<Section> sections_;
  std::vector<uint64_t> section_addresses_;
  uint64_t memory_bytes_ = 0;
  uint32_t symbol_count_ = 0;
  ByteWriter symbols_;
  ByteWriter strings_;  // Behind the empty name, at 1.
};

}  // namespace

absl::StatusOr<std::string> WriteMachO(const Object& object) {
  if (object.target != Target::kA64Apple) {
    return MakeError(
        absl::StatusCode::kInvalidArgument, reason::kUnsupportedTarget, "target",
        absl::StrCat("Mach-O is for Apple's platforms; got ", ToString(object.target)));
  }
  const absl::Status valid = CheckObject(object);
  if (!valid.ok()) return valid;
  return MachOBuilder(object).Build();
}

}  // namespace springboard
