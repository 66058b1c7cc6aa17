#include "client/arena/elf_image.h"

#include <elf.h>

#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/arena/code_name.h"
#include "client/arena/eh_frame.h"

namespace springboard {
namespace {

enum Section : uint16_t {
  kNull,
  kText,
  kEhFrame,
  kSymbols,
  kStrings,
  kSectionNames,
  kSectionCount
};

constexpr size_t kAlignment = 8;

// Strings, each with a terminator, found by their offsets.
class StringTable {
 public:
  uint32_t Add(absl::string_view text) {
    const auto offset = static_cast<uint32_t>(bytes_.size());
    absl::StrAppend(&bytes_, text);
    bytes_.push_back('\0');
    return offset;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_ = std::string(1, '\0');
};

class Image {
 public:
  Image() { bytes_.resize(sizeof(Elf64_Ehdr)); }

  // The header of a section with these contents.
  Elf64_Shdr Append(const void* contents, size_t size) {
    bytes_.resize((bytes_.size() + kAlignment - 1) / kAlignment * kAlignment);
    Elf64_Shdr header = {};
    header.sh_offset = bytes_.size();
    header.sh_size = size;
    header.sh_addralign = kAlignment;
    const auto* const begin = static_cast<const uint8_t*>(contents);
    bytes_.insert(bytes_.end(), begin, begin + size);
    return header;
  }

  std::vector<uint8_t> Finish(Elf64_Half machine, const Elf64_Shdr* headers) {
    const Elf64_Shdr table = Append(headers, kSectionCount * sizeof(Elf64_Shdr));
    Elf64_Ehdr header = {};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_REL;
    header.e_machine = machine;
    header.e_version = EV_CURRENT;
    header.e_shoff = table.sh_offset;
    header.e_ehsize = sizeof(Elf64_Ehdr);
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = kSectionCount;
    header.e_shstrndx = kSectionNames;
    std::memcpy(bytes_.data(), &header, sizeof(header));
    return std::move(bytes_);
  }

 private:
  std::vector<uint8_t> bytes_;
};

}  // namespace

std::vector<uint8_t> BuildElfImage(const NewCode& code) {
  StringTable strings;
  std::vector<Elf64_Sym> symbols(1);
  for (const NewCode::Entry& entry : code.entries) {
    Elf64_Sym symbol = {};
    symbol.st_name = strings.Add(CodeName(*entry.signature));
    symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
    symbol.st_shndx = kText;
    symbol.st_value = static_cast<uint64_t>(entry.begin - code.begin());
    symbol.st_size = entry.size_bytes;
    symbols.push_back(symbol);
  }
  const EhFrame frame = BuildEhFrame(code, UnwindTables::kAsynchronous);

  Image image;
  StringTable names;
  Elf64_Shdr headers[kSectionCount] = {};
  headers[kText].sh_name = names.Add(".text");
  headers[kText].sh_type = SHT_NOBITS;
  headers[kText].sh_flags = SHF_ALLOC | SHF_EXECINSTR;
  headers[kText].sh_addr = reinterpret_cast<uintptr_t>(code.begin());
  headers[kText].sh_size = static_cast<uint64_t>(code.end() - code.begin());
  headers[kText].sh_addralign = 1;

  headers[kEhFrame] = image.Append(frame.bytes.data(), frame.bytes.size());
  headers[kEhFrame].sh_name = names.Add(".eh_frame");
  headers[kEhFrame].sh_type = SHT_PROGBITS;

  headers[kSymbols] = image.Append(symbols.data(), symbols.size() * sizeof(Elf64_Sym));
  headers[kSymbols].sh_name = names.Add(".symtab");
  headers[kSymbols].sh_type = SHT_SYMTAB;
  headers[kSymbols].sh_link = kStrings;
  headers[kSymbols].sh_info = 1;  // The first that is not local.
  headers[kSymbols].sh_entsize = sizeof(Elf64_Sym);

  headers[kStrings] = image.Append(strings.bytes().data(), strings.bytes().size());
  headers[kStrings].sh_name = names.Add(".strtab");
  headers[kStrings].sh_type = SHT_STRTAB;

  const uint32_t own_name = names.Add(".shstrtab");
  headers[kSectionNames] = image.Append(names.bytes().data(), names.bytes().size());
  headers[kSectionNames].sh_name = own_name;
  headers[kSectionNames].sh_type = SHT_STRTAB;
  return image.Finish(Info(code.target).isa == Isa::kX64 ? EM_X86_64 : EM_AARCH64, headers);
}

}  // namespace springboard
