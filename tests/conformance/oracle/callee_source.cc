#include "tests/conformance/oracle/callee_source.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/conformance/oracle/record_layout.h"

namespace springboard {
namespace {

// Indexed by NativeType.
constexpr std::array<const char*, kNativeTypes.size()> kCTypes = {
    "void",
    "_Bool",
    "unsigned char",
    "signed char",
    "unsigned short",
    "short",
    "unsigned int",
    "int",
    "unsigned long long",
    "long long",
    "__SIZE_TYPE__",
    "__PTRDIFF_TYPE__",
    "float",
    "double",
    "void *",
    "unsigned char *",
    "void *",
};

// The type to which C promotes an argument that is passed on; null if it stays as it is.
const char* PromotedCType(NativeType type) {
  if (Info(type).is_narrow()) return "int";
  return type == NativeType::kF32 ? "double" : nullptr;
}

std::string Parameters(const Signature& signature) {
  if (signature.parameters().empty()) return "void";
  std::string text;
  for (size_t i = 0; i < signature.parameters().size(); ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ", ", CType(signature.parameters()[i]), " a", i);
  }
  return text;
}

}  // namespace

const char* CType(NativeType type) { return kCTypes[static_cast<size_t>(type)]; }

std::string RecordAtConstantAddress() {
  return absl::StrFormat("#define AT(offset) (0x%x + (offset))\n#define ABI\n", kRecord);
}

std::string CalleeName(size_t index) { return absl::StrCat("springboard_callee_", index); }

std::string CalleeSource(absl::Span<const Signature> signatures) {
  std::string text;
  for (size_t n = 0; n < signatures.size(); ++n) {
    const Signature& signature = signatures[n];
    absl::StrAppend(&text, CType(signature.result()), " ABI ", CalleeName(n), "(",
                    Parameters(signature), ") {\n");
    for (size_t i = 0; i < signature.parameters().size(); ++i) {
      const NativeType type = signature.parameters()[i];
      absl::StrAppendFormat(&text, "  *(%s volatile *)AT(%d) = a%d;\n", CType(type), kSlotBytes * i,
                            i);
      if (const char* promoted = PromotedCType(type)) {
        absl::StrAppendFormat(&text, "  *(%s volatile *)AT(%d) = a%d;\n", promoted,
                              kSlotBytes * i + kPromotedOffset, i);
      }
    }
    absl::StrAppendFormat(&text, "  ++*(unsigned volatile *)AT(%d);\n", kCallsOffset);
    if (signature.result() != NativeType::kVoid) {
      absl::StrAppendFormat(&text, "  return *(%s volatile *)AT(%d);\n", CType(signature.result()),
                            kResultOffset);
    }
    absl::StrAppend(&text, "}\n");
  }
  return text;
}

}  // namespace springboard
