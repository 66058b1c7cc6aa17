#include "tests/conformance/program/case_source.h"

#include <random>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "compiler/fast_api.h"
#include "tests/conformance/oracle/callee_source.h"
#include "tests/support/case_seed.h"

namespace springboard {
namespace {

// What V8 holds an argument or result of a native type in.
const char* V8CType(NativeType type) {
  const NativeTypeInfo& info = Info(type);
  if (type == NativeType::kVoid || info.type_class == TypeClass::kFloat) return CType(type);
  if (type == NativeType::kBuffer) return "array *";
  if (info.size_bytes == 8) return info.is_signed ? "long long" : "unsigned long long";
  return info.is_signed ? "int" : "unsigned";
}

constexpr char kPrelude[] = R"(
#include "tests/conformance/program/case.h"
typedef struct { unsigned long long length; void *data; } array;
#define AT(offset) (springboard_record + (offset))
)";

// The value of a type whose low bytes are `bits`, extended to 32 bits if it is narrower.
uint64_t Value(NativeType type, uint64_t bits) {
  const NativeTypeInfo& info = Info(type);
  if (info.size_bytes == 8) return bits;
  const int unused = 64 - 8 * info.size_bytes;
  const uint64_t value = info.is_signed && info.type_class == TypeClass::kInteger
                             ? static_cast<uint64_t>(static_cast<int64_t>(bits << unused) >> unused)
                             : bits << unused >> unused;
  return value & 0xFFFFFFFF;
}

// Bits that V8 reads of a result: 8 of a bool, which it masks itself, and 32 of narrow integers.
uint64_t ResultMask(NativeType type) {
  if (type == NativeType::kVoid || NeedsOutArray(type)) return 0;
  if (type == NativeType::kBool) return 0xFF;
  return Info(type).size_bytes == 8 ? ~uint64_t{0} : 0xFFFFFFFF;
}

class CaseWriter {
 public:
  explicit CaseWriter(uint64_t seed) : seed_(seed) {}

  // Definitions of a case's functions and tables, and its row for kSpringboardCases.
  void Write(size_t index, const Signature& signature, const Trampoline& trampoline,
             std::string& text, std::string& row) {
    random_.seed(CaseSeed(seed_, signature));
    arguments_ = {"(void *)0x7e57ab1e"};
    types_ = {"void *"};
    setup_.clear();
    expected_.clear();
    for (size_t i = 0; i < signature.parameters().size(); ++i) {
      AddArgument(i, signature.parameters()[i]);
    }
    const NativeType result = signature.result();
    const bool has_out_array = NeedsOutArray(result);
    if (has_out_array) {
      absl::StrAppend(&setup_, "  array out = {2, &springboard_out[1]};\n");
      arguments_.push_back("&out");
      types_.push_back("array *");
    }
    const std::string type = has_out_array ? "void" : V8CType(result);
    const std::string keep =
        type == "void" ? "" : absl::StrCat("*(", type, " volatile *)result = ");
    absl::StrAppend(&text, "static void call", index,
                    "(void *entry, unsigned long long *result) {\n", setup_, "  ", keep, "((", type,
                    " (ABI *)(", absl::StrJoin(types_, ", "), "))entry)(",
                    absl::StrJoin(arguments_, ", "), ");\n}\n");
    // A zero-length array would not be C.
    absl::StrAppend(&text, "static const struct SpringboardArgument expected", index, "[] = {",
                    expected_, "{0, 0}};\n");
    absl::StrAppend(&text, "static const char code", index, "[] = \"",
                    absl::CHexEscape(Bytes(trampoline)), "\";\n");

    uint64_t given = random_();
    if (result == NativeType::kBool) given &= ~uint64_t{0xFE};
    absl::StrAppendFormat(
        &row,
        "  {\"%s\", code%d, %d, %d, (void *)%s, call%d, expected%d, %d, 0x%xull, 0x%xull, "
        "0x%xull, %d},\n",
        signature.ToString(), index, trampoline.code.size(),
        trampoline.relocation.callee_offset_bytes, CalleeName(index), index, index,
        signature.parameters().size(), given,
        result == NativeType::kVoid ? 0 : Value(result, given), ResultMask(result), has_out_array);
  }

 private:
  static std::string Bytes(const Trampoline& trampoline) {
    return std::string(trampoline.code.begin(), trampoline.code.end());
  }

  void AddArgument(size_t i, NativeType type) {
    const NativeTypeInfo& info = Info(type);
    uint64_t bits = random_();
    if (type == NativeType::kBool) bits &= ~uint64_t{0xFE};
    absl::StrAppendFormat(&expected_, "{0x%xull, %d}, ", Value(type, bits), info.size_bytes);
    types_.push_back(V8CType(type));
    if (type == NativeType::kBuffer) {
      absl::StrAppendFormat(&setup_, "  array a%d = {%d, (void *)0x%xull};\n", i, i, bits);
      arguments_.push_back(absl::StrCat("&a", i));
    } else if (info.type_class == TypeClass::kFloat) {
      absl::StrAppendFormat(&setup_,
                            "  union { unsigned long long bits; %s value; } a%d = {0x%xull};\n",
                            CType(type), i, bits);
      arguments_.push_back(absl::StrCat("a", i, ".value"));
    } else {
      // The bits above a narrow type's width are V8's garbage.
      if (info.size_bytes < 8) bits &= 0xFFFFFFFF;
      arguments_.push_back(absl::StrFormat("(%s)0x%xull", V8CType(type), bits));
    }
  }

  const uint64_t seed_;
  std::mt19937_64 random_;
  std::vector<std::string> arguments_;
  std::vector<std::string> types_;
  std::string setup_;
  std::string expected_;
};

}  // namespace

absl::StatusOr<std::string> CaseSource(absl::Span<const Signature> signatures, Target target,
                                       const std::string& abi, const CompileFunction& compile,
                                       uint64_t seed) {
  std::string text = absl::StrCat(kPrelude, "#define ABI ", abi, "\n", CalleeSource(signatures));
  CaseWriter writer(seed);
  std::string rows;
  for (size_t i = 0; i < signatures.size(); ++i) {
    const absl::StatusOr<Trampoline> trampoline = compile({signatures[i], target});
    if (!trampoline.ok()) return trampoline.status();
    writer.Write(i, signatures[i], *trampoline, text, rows);
  }
  absl::StrAppend(&text, "const struct SpringboardCase kSpringboardCases[] = {\n", rows,
                  "};\nconst unsigned kSpringboardCaseCount = ", signatures.size(), ";\n");
  return text;
}

}  // namespace springboard
