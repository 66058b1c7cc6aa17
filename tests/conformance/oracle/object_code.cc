#include "tests/conformance/oracle/object_code.h"

#include <llvm-c/Core.h>
#include <llvm-c/Object.h>

#include <memory>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace springboard {
namespace {

template <typename Reference, void (*Dispose)(Reference)>
struct Disposer {
  using pointer = Reference;
  void operator()(Reference reference) const { Dispose(reference); }
};
template <typename Reference, void (*Dispose)(Reference)>
using Owned = std::unique_ptr<std::remove_pointer_t<Reference>, Disposer<Reference, Dispose>>;

using Buffer = Owned<LLVMMemoryBufferRef, LLVMDisposeMemoryBuffer>;
using Binary = Owned<LLVMBinaryRef, LLVMDisposeBinary>;
using Sections = Owned<LLVMSectionIteratorRef, LLVMDisposeSectionIterator>;
using Symbols = Owned<LLVMSymbolIteratorRef, LLVMDisposeSymbolIterator>;
using Relocations = Owned<LLVMRelocationIteratorRef, LLVMDisposeRelocationIterator>;

bool IsText(const char* name) {
  return name != nullptr &&
         (absl::string_view(name) == ".text" || absl::string_view(name) == "__text");
}

// ELF has the relocations of .text in .rela.text or .rel.text, where LLVM's iterator over those of
// .text does not look.
bool HasElfRelocations(LLVMBinaryRef binary) {
  const Sections section(LLVMObjectFileCopySectionIterator(binary));
  for (; !LLVMObjectFileIsSectionIteratorAtEnd(binary, section.get());
       LLVMMoveToNextSection(section.get())) {
    const char* const name = LLVMGetSectionName(section.get());
    const absl::string_view text = name == nullptr ? "" : name;
    if ((text == ".rela.text" || text == ".rel.text") && LLVMGetSectionSize(section.get()) > 0) {
      return true;
    }
  }
  return false;
}

}  // namespace

absl::StatusOr<ObjectCode> ReadObjectCode(absl::string_view object) {
  const Buffer buffer(
      LLVMCreateMemoryBufferWithMemoryRangeCopy(object.data(), object.size(), "object"));
  char* message = nullptr;
  const Binary binary(LLVMCreateBinary(buffer.get(), nullptr, &message));
  if (binary == nullptr) {
    const absl::Status error =
        absl::InvalidArgumentError(absl::StrCat("not an object file: ", message));
    LLVMDisposeMessage(message);
    return error;
  }
  if (HasElfRelocations(binary.get())) {
    return absl::InvalidArgumentError("the text has relocations, in a section of their own");
  }
  const Sections section(LLVMObjectFileCopySectionIterator(binary.get()));
  while (!LLVMObjectFileIsSectionIteratorAtEnd(binary.get(), section.get()) &&
         !IsText(LLVMGetSectionName(section.get()))) {
    LLVMMoveToNextSection(section.get());
  }
  if (LLVMObjectFileIsSectionIteratorAtEnd(binary.get(), section.get())) {
    return absl::InvalidArgumentError("the object has no text section");
  }
  const Relocations relocation(LLVMGetRelocations(section.get()));
  if (!LLVMIsRelocationIteratorAtEnd(section.get(), relocation.get())) {
    return absl::InvalidArgumentError(
        absl::StrCat("the text has a relocation at ", LLVMGetRelocationOffset(relocation.get())));
  }
  ObjectCode code;
  const char* const contents = LLVMGetSectionContents(section.get());
  code.text.assign(contents, contents + LLVMGetSectionSize(section.get()));
  const uint64_t base = LLVMGetSectionAddress(section.get());
  const Symbols symbol(LLVMObjectFileCopySymbolIterator(binary.get()));
  while (!LLVMObjectFileIsSymbolIteratorAtEnd(binary.get(), symbol.get())) {
    if (LLVMGetSectionContainsSymbol(section.get(), symbol.get())) {
      // Mach-O puts an underscore before C's names.
      const absl::string_view name = absl::StripPrefix(LLVMGetSymbolName(symbol.get()), "_");
      code.offsets[std::string(name)] = LLVMGetSymbolAddress(symbol.get()) - base;
    }
    LLVMMoveToNextSymbol(symbol.get());
  }
  return code;
}

}  // namespace springboard
