#include "tests/conformance/program/case_source.h"

#include <random>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "compiler/compile.h"
#include "compiler/fast_api.h"
#include "tests/conformance/oracle/callee_source.h"

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
typedef struct { unsigned long long length; void *data; } array;
extern unsigned char springboard_record[];
#define AT(offset) (springboard_record + (offset))
#define RESULT AT(%d)
/* True if `size` bytes at `place` are those of `value`, little-endian. */
static int same(const unsigned char *place, unsigned long long value, int size) {
  for (int i = 0; i < size; i++) if (place[i] != (unsigned char)(value >> 8 * i)) return 0;
  return 1;
}
)";

// The value without what is above the type's width, which a cast to _Bool would take for true.
uint64_t Value(NativeType type, uint64_t bits) {
  return Info(type).size_bytes == 8 ? bits
                                    : bits & ((uint64_t{1} << 8 * Info(type).size_bytes) - 1);
}

class CaseWriter {
 public:
  explicit CaseWriter(uint32_t seed) : random_(seed) {}

  // A function that makes the call and returns 0, or 1 + the argument that was wrong, or -1 for the
  // result.
  std::string Caller(size_t index, const Signature& signature) {
    arguments_ = {"(void *)0x7e57ab1e"};
    types_ = {"void *"};
    std::string setup;
    std::string checks;
    for (size_t i = 0; i < signature.parameters().size(); ++i) {
      AddArgument(i, signature.parameters()[i], setup, checks);
    }
    const NativeType result = signature.result();
    uint64_t given = random_();
    if (result == NativeType::kBool) given &= ~uint64_t{0xFE};
    if (NeedsOutArray(result)) {
      absl::StrAppend(&setup,
                      "  unsigned long long out[3] = {1, 2, 3};\n"
                      "  array out_array = {2, &out[1]};\n");
      arguments_.push_back("&out_array");
      types_.push_back("array *");
    }
    const bool returns = result != NativeType::kVoid && !NeedsOutArray(result);
    const std::string return_type = returns ? V8CType(result) : "void";
    std::string text = absl::StrCat("static int call", index, "(void *entry) {\n", setup);
    absl::StrAppendFormat(&text, "  *(unsigned long long *)RESULT = 0x%xull;\n", given);
    absl::StrAppend(&text, "  ", returns ? return_type + " result = " : "", "((", return_type,
                    " (ABI *)(", absl::StrJoin(types_, ", "), "))entry)(",
                    absl::StrJoin(arguments_, ", "), ");\n", checks, ResultCheck(result, given),
                    "  return 0;\n}\n");
    return text;
  }

 private:
  void AddArgument(size_t i, NativeType type, std::string& setup, std::string& checks) {
    const NativeTypeInfo& info = Info(type);
    uint64_t bits = random_();
    if (type == NativeType::kBool) bits &= ~uint64_t{0xFE};
    uint64_t expected = bits;
    types_.push_back(V8CType(type));
    if (type == NativeType::kBuffer) {
      absl::StrAppendFormat(&setup, "  array a%d = {%d, (void *)0x%xull};\n", i, i, bits);
      arguments_.push_back(absl::StrCat("&a", i));
    } else if (info.type_class == TypeClass::kFloat) {
      absl::StrAppendFormat(&setup,
                            "  union { unsigned long long bits; %s value; } a%d = {0x%xull};\n",
                            CType(type), i, bits);
      arguments_.push_back(absl::StrCat("a", i, ".value"));
    } else {
      // The bits above a narrow type's width are V8's garbage.
      if (info.size_bytes < 8) bits &= 0xFFFFFFFF;
      arguments_.push_back(absl::StrFormat("(%s)0x%xull", V8CType(type), bits));
    }
    absl::StrAppendFormat(&checks, "  if (!same(AT(%d), 0x%xull, %d)) return %d;\n", 16 * i,
                          expected, info.size_bytes, i + 1);
    if (info.is_narrow()) {
      absl::StrAppendFormat(&checks, "  if (*(int *)AT(%d) != (%s)0x%xull) return %d;\n",
                            16 * i + 8, CType(type), Value(type, expected), i + 1);
    }
  }

  static std::string ResultCheck(NativeType type, uint64_t given) {
    const NativeTypeInfo& info = Info(type);
    if (type == NativeType::kVoid) return "";
    if (NeedsOutArray(type)) {
      return absl::StrFormat("  if (out[0] != 1 || out[1] != 0x%xull || out[2] != 3) return -1;\n",
                             given);
    }
    if (info.type_class == TypeClass::kFloat) {
      return absl::StrFormat("  if (!same((unsigned char *)&result, 0x%xull, %d)) return -1;\n",
                             given, info.size_bytes);
    }
    // V8 masks a bool itself, and takes 32 bits of all others.
    return absl::StrFormat("  if ((%s)(result%s) != (%s)0x%xull) return -1;\n", V8CType(type),
                           type == NativeType::kBool ? " & 0xff" : "", CType(type),
                           Value(type, given));
  }

  std::mt19937_64 random_;
  std::vector<std::string> arguments_;
  std::vector<std::string> types_;
};

std::string Bytes(const Trampoline& trampoline) {
  return absl::StrJoin(trampoline.code, ",", [](std::string* out, uint8_t byte) {
    absl::StrAppend(out, static_cast<int>(byte));
  });
}

}  // namespace

absl::StatusOr<std::string> CaseSource(absl::Span<const Signature> signatures, Target target,
                                       const std::string& abi, uint32_t seed) {
  std::string text = absl::StrFormat(kPrelude, kRecordBytes);
  absl::StrAppend(&text, "#define ABI ", abi, "\n", CalleeSource(signatures));
  CaseWriter writer(seed);
  std::string table;
  for (size_t i = 0; i < signatures.size(); ++i) {
    const absl::StatusOr<Trampoline> trampoline = Compile({signatures[i], target});
    if (!trampoline.ok()) return trampoline.status();
    absl::StrAppend(&text, writer.Caller(i, signatures[i]), "static const unsigned char code", i,
                    "[] = {", Bytes(*trampoline), "};\n");
    absl::StrAppend(&table, "  {\"", signatures[i].ToString(), "\", code", i, ", sizeof(code", i,
                    "), ", trampoline->relocation.callee_offset_bytes, ", (void *)", CalleeName(i),
                    ", call", i, "},\n");
  }
  absl::StrAppend(&text,
                  "const struct { const char *signature; const unsigned char *code; unsigned size; "
                  "unsigned callee_offset; void *callee; int (*call)(void *); } "
                  "kSpringboardCases[] = {\n",
                  table, "};\nconst unsigned kSpringboardCaseCount = ", signatures.size(), ";\n");
  return text;
}

}  // namespace springboard
