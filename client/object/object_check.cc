#include "client/object/object_check.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

using Row = CodeOutline::Row;

// Far above what compilers make of any declaration.
constexpr size_t kMaxNameBytes = 4095;
// COFF has no greater one (PE/COFF, "Section Flags").
constexpr uint32_t kMaxAlignmentBytes = 8192;

// Far above the 256 parameters of a signature.
constexpr size_t kMaxCodeBytes = 1 << 17;
constexpr uint8_t kGeneralRegisters = 31;

absl::Status Invalid(absl::string_view reason, absl::string_view field, absl::string_view message) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason, field, message);
}

absl::Status CheckName(absl::string_view name, absl::string_view field) {
  if (name.empty()) return Invalid(reason::kNotAnIdentifier, field, "a symbol's name is empty");
  if (name.size() > kMaxNameBytes) {
    return Invalid(reason::kOutOfRange, field,
                   absl::StrCat("a symbol's name has at most ", kMaxNameBytes, " bytes; got ",
                                name.size(), ": ", Shown(name.substr(0, 40)), "..."));
  }
  if (name.find('\0') != absl::string_view::npos) {
    return Invalid(reason::kNotAnIdentifier, field,
                   absl::StrCat("a symbol's name has no NUL; got ", Shown(name)));
  }
  return absl::OkStatus();
}

bool IsBranch(const ObjectFunction& function, Isa isa) {
  const size_t size = isa == Isa::kX64 ? 5 : 4;
  const CodeBytes& code = function.code;
  const size_t at = function.branch_offset_bytes;
  if (at > code.size() || code.size() - at < size) return false;
  if (function.is_tail_call && code.size() - at != size) return false;
  if (isa == Isa::kX64) {
    return code[at] == (function.is_tail_call ? 0xE9 : 0xE8) &&
           std::all_of(&code[at + 1], &code[at] + size, [](uint8_t byte) { return byte == 0; });
  }
  return at % 4 == 0 && code.size() % 4 == 0 && code[at] == 0 && code[at + 1] == 0 &&
         code[at + 2] == 0 && code[at + 3] == (function.is_tail_call ? 0x14 : 0x94);
}

absl::Status CheckCode(const ObjectFunction& function, Isa isa) {
  if (!IsBranch(function, isa)) {
    return Invalid(reason::kMalformedCode, "branch_offset_bytes",
                   absl::StrCat("no ", function.is_tail_call ? "jump that ends the code" : "call",
                                " with a displacement of zero at ", function.branch_offset_bytes));
  }
  const uint32_t alignment = function.alignment_bytes;
  if (alignment == 0 || (alignment & (alignment - 1)) != 0 || alignment > kMaxAlignmentBytes) {
    return Invalid(reason::kOutOfRange, "alignment_bytes",
                   absl::StrCat("an alignment is a power of two of at most ", kMaxAlignmentBytes,
                                "; got ", alignment));
  }
  if (function.code.size() > kMaxCodeBytes) {
    return Invalid(reason::kOutOfRange, "code",
                   absl::StrCat("a function has at most ", kMaxCodeBytes, " bytes; got ",
                                function.code.size()));
  }
  const uint32_t unit = isa == Isa::kX64 ? 1 : 4;
  uint32_t before = 0;
  for (const Row& row : function.rows) {
    if (row.offset_bytes < before || row.offset_bytes > function.code.size() ||
        row.offset_bytes % unit != 0 || row.reg >= kGeneralRegisters || row.value < 0) {
      return Invalid(reason::kMalformedCode, "rows",
                     absl::StrCat("a row is out of order or outside the code: at ",
                                  row.offset_bytes, ", register ", row.reg, ", ", row.value));
    }
    before = row.offset_bytes;
  }
  return absl::OkStatus();
}

absl::Status CheckFunction(const ObjectFunction& function, Isa isa) {
  absl::Status status = CheckName(function.name, "name");
  if (status.ok()) status = CheckName(function.callee, "callee");
  if (status.ok()) status = CheckCode(function, isa);
  return status;
}

}  // namespace

absl::Status CheckObject(const Object& object) {
  const Isa isa = Info(object.target).isa;
  for (size_t i = 0; i < object.functions.size(); ++i) {
    const ObjectFunction& function = object.functions[i];
    const std::string field = absl::StrCat("functions[", i, "]");
    const absl::Status status = CheckFunction(function, isa);
    if (!status.ok()) return WithFieldPrefix(status, field);
    if (i > 0 && object.functions[i - 1].name >= function.name) {
      return Invalid(
          reason::kOutOfRange, field + ".name",
          absl::StrCat("functions are ordered by name, each once; got ", Shown(function.name),
                       " after ", Shown(object.functions[i - 1].name)));
    }
  }
  return absl::OkStatus();
}

}  // namespace springboard
