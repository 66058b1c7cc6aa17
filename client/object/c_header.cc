#include "client/object/c_header.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/pack/stable_hash.h"
#include "compiler/error_details.h"
#include "compiler/fast_api.h"

namespace springboard {
namespace {

constexpr absl::string_view kTypes = R"C(#ifndef SPRINGBOARD_OBJECT_TYPES_
#define SPRINGBOARD_OBJECT_TYPES_

/* A typed array as V8 passes it (caller profile v8-10). */
struct springboard_typed_array {
  uint64_t length;
  void *data;
};

/* How V8 is to call a trampoline: its v8::CFunctionInfo. The codes of types are those of
 * springboard_fast_api_type in springboard.h: 0 v8::Local<v8::Value>, 1 void, 2 bool, 3 int32_t,
 * 4 uint32_t, 5 int64_t, 6 uint64_t, 7 float, 8 double, and the typed arrays 9 of uint8_t and 10 of
 * int32_t. */
struct springboard_v8_template {
  const uint8_t *arguments; /* The receiver's first, and last that of an out array. */
  size_t argument_count;
  uint8_t result;
};

/* A row of a header's table. */
struct springboard_object_function {
  const char *callee;    /* "pow" */
  const char *signature; /* Of the callee: "f64(f64,f64)" */
  void (*trampoline)(void);
  const struct springboard_v8_template *v8_template;
};

#endif
)C";

// Indexed by FastApiType.
constexpr std::array<absl::string_view, 11> kCTypes = {
    "void *",
    "void ",
    "bool ",
    "int32_t ",
    "uint32_t ",
    "int64_t ",
    "uint64_t ",
    "float ",
    "double ",
    "const struct springboard_typed_array *",
    "const struct springboard_typed_array *",
};

absl::string_view CType(FastApiType type) { return kCTypes[static_cast<size_t>(type)]; }

bool IsIdentifier(absl::string_view name) {
  return !name.empty() && !absl::ascii_isdigit(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return c == '_' || absl::ascii_isalnum(c); });
}

// C17 6.4.1, C++20 [lex.key], and the macros of <stdbool.h> and <iso646.h> that are keywords in
// C++.
bool IsKeyword(absl::string_view name) {
  static constexpr absl::string_view kKeywords[] = {"_Alignas",
                                                    "_Alignof",
                                                    "_Atomic",
                                                    "_Bool",
                                                    "_Complex",
                                                    "_Generic",
                                                    "_Imaginary",
                                                    "_Noreturn",
                                                    "_Static_assert",
                                                    "_Thread_local",
                                                    "alignas",
                                                    "alignof",
                                                    "and",
                                                    "and_eq",
                                                    "asm",
                                                    "auto",
                                                    "bitand",
                                                    "bitor",
                                                    "bool",
                                                    "break",
                                                    "case",
                                                    "catch",
                                                    "char",
                                                    "char16_t",
                                                    "char32_t",
                                                    "char8_t",
                                                    "class",
                                                    "co_await",
                                                    "co_return",
                                                    "co_yield",
                                                    "compl",
                                                    "concept",
                                                    "const",
                                                    "const_cast",
                                                    "consteval",
                                                    "constexpr",
                                                    "constinit",
                                                    "continue",
                                                    "decltype",
                                                    "default",
                                                    "delete",
                                                    "do",
                                                    "double",
                                                    "dynamic_cast",
                                                    "else",
                                                    "enum",
                                                    "explicit",
                                                    "export",
                                                    "extern",
                                                    "false",
                                                    "float",
                                                    "for",
                                                    "friend",
                                                    "goto",
                                                    "if",
                                                    "inline",
                                                    "int",
                                                    "long",
                                                    "mutable",
                                                    "namespace",
                                                    "new",
                                                    "noexcept",
                                                    "not",
                                                    "not_eq",
                                                    "nullptr",
                                                    "operator",
                                                    "or",
                                                    "or_eq",
                                                    "private",
                                                    "protected",
                                                    "public",
                                                    "register",
                                                    "reinterpret_cast",
                                                    "requires",
                                                    "restrict",
                                                    "return",
                                                    "short",
                                                    "signed",
                                                    "sizeof",
                                                    "static",
                                                    "static_assert",
                                                    "static_cast",
                                                    "struct",
                                                    "switch",
                                                    "template",
                                                    "this",
                                                    "thread_local",
                                                    "throw",
                                                    "true",
                                                    "try",
                                                    "typedef",
                                                    "typeid",
                                                    "typename",
                                                    "union",
                                                    "unsigned",
                                                    "using",
                                                    "virtual",
                                                    "void",
                                                    "volatile",
                                                    "wchar_t",
                                                    "while",
                                                    "xor",
                                                    "xor_eq"};
  return std::binary_search(std::begin(kKeywords), std::end(kKeywords), name);
}

// The name of a file, without its folders.
absl::string_view BaseName(absl::string_view path) { return path.substr(path.rfind('/') + 1); }

// The text with everything replaced that no identifier has.
std::string AsIdentifier(absl::string_view text) {
  std::string name(text);
  for (char& c : name) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

std::string TemplateName(const CHeaderFunction& function) {
  return absl::StrCat(function.name, "_v8_template");
}
std::string ArgumentsName(const CHeaderFunction& function) {
  return absl::StrCat(function.name, "_v8_arguments");
}

// Every name is there once.
absl::Status CheckNames(absl::Span<const CHeaderFunction> functions, const std::string& table) {
  std::set<std::string> names = {table};
  for (const CHeaderFunction& function : functions) {
    const std::string& field = function.origin;
    if (!IsIdentifier(function.name) || IsKeyword(function.name)) {
      return MakeError(
          absl::StatusCode::kInvalidArgument, reason::kNotAnIdentifier, field,
          absl::StrCat("a function in a header has a C identifier as its name, and no keyword of C "
                       "or C++; got ",
                       Shown(function.name), ", of ", Shown(function.callee),
                       "; without a header an object may have it"));
    }
    for (std::string name : {function.name, TemplateName(function), ArgumentsName(function)}) {
      const auto [place, is_new] = names.insert(std::move(name));
      if (is_new) continue;
      return MakeError(absl::StatusCode::kInvalidArgument, reason::kDuplicateSymbol, field,
                       absl::StrCat("the header would declare ", *place, " twice"));
    }
  }
  return absl::OkStatus();
}

void AddFunction(const CHeaderFunction& function, std::string& out) {
  const FastApiTemplate fast_api = MakeFastApiTemplate(*function.signature);
  const auto code = [](FastApiType type) { return static_cast<int>(type); };
  absl::StrAppend(&out, "\n/* ", function.callee, ": ", function.signature->ToString(), " */\n",
                  CType(fast_api.result), function.name, "(");
  for (size_t i = 0; i < fast_api.arguments.size(); ++i) {
    const absl::string_view type = CType(fast_api.arguments[i]);
    absl::StrAppend(&out, i == 0 ? "" : ", ", type);
    const bool is_out_array = fast_api.arguments[i] == FastApiType::kTypedArrayInt32;
    absl::StrAppend(&out, i == 0 ? "receiver" : is_out_array ? "out" : absl::StrCat("a", i - 1));
  }
  absl::StrAppend(&out, ");\nstatic const uint8_t ", ArgumentsName(function), "[] = {",
                  absl::StrJoin(fast_api.arguments, ", ",
                                [&](std::string* text, FastApiType type) {
                                  absl::StrAppend(text, code(type));
                                }),
                  "};\nstatic const struct springboard_v8_template ", TemplateName(function),
                  " = {\n    ", ArgumentsName(function), ", ", fast_api.arguments.size(), ", ",
                  code(fast_api.result), "};\n");
}

void AddTable(absl::Span<const CHeaderFunction> functions, const std::string& table,
              std::string& out) {
  absl::StrAppend(&out, "\nstatic const struct springboard_object_function ", table, "[] = {\n");
  for (const CHeaderFunction& function : functions) {
    absl::StrAppend(&out, "    {\"", function.callee, "\", \"", function.signature->ToString(),
                    "\", (void (*)(void))", function.name, ",\n     &", TemplateName(function),
                    "},\n");
  }
  absl::StrAppend(&out, "};\n");
}

}  // namespace

absl::StatusOr<std::string> CHeader(absl::string_view file,
                                    absl::Span<const CHeaderFunction> functions) {
  const absl::string_view base = BaseName(file);
  const std::string table =
      absl::StrCat("springboard_object_", AsIdentifier(base.substr(0, base.rfind('.'))));
  const absl::Status status = CheckNames(functions, table);
  if (!status.ok()) return status;
  std::string declarations;
  for (const CHeaderFunction& function : functions) AddFunction(function, declarations);
  // C has no empty arrays.
  if (!functions.empty()) AddTable(functions, table, declarations);
  // Headers of one name, from two folders, are two.
  const std::string guard =
      absl::StrCat("SPRINGBOARD_OBJECT_", absl::AsciiStrToUpper(AsIdentifier(base)), "_",
                   absl::Hex(StableHash(declarations), absl::kZeroPad16));
  return absl::StrCat(
      "/* Trampolines; made by springboard object. */\n#ifndef ", guard, "\n#define ", guard,
      "\n\n#include <stddef.h>\n#include <stdint.h>\n#ifndef __cplusplus\n#include <stdbool.h>\n"
      "#endif\n\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n",
      kTypes, declarations, "\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
}

}  // namespace springboard
