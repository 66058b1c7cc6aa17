#include "client/manifest/c_types.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace springboard {
namespace {

// More typedefs of typedefs than any header has.
constexpr int kMaxTypedefs = 100;

// What does not change how a value is passed.
constexpr absl::string_view kQualifiers[] = {
    "const", "volatile", "restrict", "__restrict", "_Nonnull", "_Nullable", "_Null_unspecified"};

struct NamedType {
  absl::string_view name;
  NativeType type;
};

// The types whose size no target changes.
constexpr NamedType kBuiltinTypes[] = {
    {"void", NativeType::kVoid},
    {"_Bool", NativeType::kBool},
    {"bool", NativeType::kBool},
    {"signed char", NativeType::kI8},
    {"unsigned char", NativeType::kU8},
    {"short", NativeType::kI16},
    {"unsigned short", NativeType::kU16},
    {"int", NativeType::kI32},
    {"unsigned int", NativeType::kU32},
    {"long long", NativeType::kI64},
    {"unsigned long long", NativeType::kU64},
    {"float", NativeType::kF32},
    {"double", NativeType::kF64},
};

// Typedefs that say more than what they are defined as.
constexpr NamedType kSizeTypes[] = {
    {"size_t", NativeType::kUsize},   {"uintptr_t", NativeType::kUsize},
    {"ssize_t", NativeType::kIsize},  {"ptrdiff_t", NativeType::kIsize},
    {"intptr_t", NativeType::kIsize},
};

absl::Status NotPassed(absl::string_view what) { return absl::UnimplementedError(what); }

template <size_t kCount>
std::optional<NativeType> FindIn(const NamedType (&rows)[kCount], absl::string_view name) {
  for (const NamedType& row : rows) {
    if (row.name == name) return row.type;
  }
  return std::nullopt;
}

bool IsNameCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_';
}

bool IsName(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsNameCharacter);
}

// Removes a qualifier at an end of the text, if one is there.
bool RemoveQualifier(absl::string_view& text) {
  for (const absl::string_view qualifier : kQualifiers) {
    absl::string_view rest = text;
    if (absl::ConsumePrefix(&rest, qualifier) && (rest.empty() || !IsNameCharacter(rest.front()))) {
      text = absl::StripAsciiWhitespace(rest);
      return true;
    }
    rest = text;
    if (absl::ConsumeSuffix(&rest, qualifier) && (rest.empty() || !IsNameCharacter(rest.back()))) {
      text = absl::StripAsciiWhitespace(rest);
      return true;
    }
  }
  return false;
}

// Of "int (*const)[4]", what the pointer is to; nothing if it is no pointer of that form.
std::optional<NativeType> FindDeclaredPointer(absl::string_view text) {
  for (size_t at = text.find("(*"); at != absl::string_view::npos; at = text.find("(*", at + 1)) {
    absl::string_view rest = text.substr(at + 2);
    const size_t close = rest.find(')');
    if (close == absl::string_view::npos) return std::nullopt;
    absl::string_view inside = absl::StripAsciiWhitespace(rest.substr(0, close));
    while (RemoveQualifier(inside)) {
    }
    if (!inside.empty()) continue;
    rest.remove_prefix(close + 1);
    if (absl::StartsWith(rest, "(")) return NativeType::kFunction;
    if (absl::StartsWith(rest, "[")) return NativeType::kPointer;
  }
  return std::nullopt;
}

// A constant of an enumeration, of 64 bits with or without a sign.
struct Constant {
  bool is_negative;
  uint64_t bits;  // In two's complement.
};

std::optional<Constant> ParseConstant(const std::string& text) {
  if (int64_t value = 0; absl::SimpleAtoi(text, &value)) {
    return Constant{value < 0, static_cast<uint64_t>(value)};
  }
  if (uint64_t value = 0; absl::SimpleAtoi(text, &value)) return Constant{false, value};
  return std::nullopt;
}

Constant After(const Constant& constant) {
  const uint64_t bits = constant.bits + 1;
  return {constant.is_negative && bits != 0, bits};
}

// The first of these that holds both, as gcc and clang choose it.
NativeType IntegerFor(int64_t least, uint64_t greatest, bool is_packed) {
  constexpr NativeType kSigned[] = {NativeType::kI8, NativeType::kI16, NativeType::kI32};
  constexpr NativeType kUnsigned[] = {NativeType::kU8, NativeType::kU16, NativeType::kU32};
  const bool is_signed = least < 0;
  for (const NativeType type : is_signed ? kSigned : kUnsigned) {
    const int bits = Info(type).size_bytes * 8 - (is_signed ? 1 : 0);
    if (bits < 31 && !is_packed) continue;
    const bool holds_least = least >= -(int64_t{1} << bits);
    if (holds_least && greatest < uint64_t{1} << bits) return type;
  }
  return is_signed ? NativeType::kI64 : NativeType::kU64;
}

// Where the parenthesis that ends the text begins, or npos.
size_t LastGroup(absl::string_view text) {
  int depth = 0;
  for (size_t i = text.size(); i > 0; --i) {
    if (text[i - 1] == ')') ++depth;
    if (text[i - 1] == '(' && --depth == 0) return i - 1;
  }
  return absl::string_view::npos;
}

}  // namespace

CDataModel DataModelOf(Target target) {
  const bool is_windows = target == Target::kX64Windows || target == Target::kA64Windows;
  return {!is_windows, target != Target::kA64Linux};
}

void CTypes::AddTypedef(const std::string& name, std::string printed, std::string desugared,
                        std::string enum_id) {
  typedefs_[name] = {std::move(printed), std::move(desugared), std::move(enum_id)};
}

void CTypes::AddEnum(const std::string& id, CEnum declared) {
  // A declaration without constants says less than the definition.
  if (!declared.name.empty()) {
    std::string& known = enum_by_tag_[declared.name];
    if (known.empty() || declared.is_defined) known = id;
  }
  enums_[id] = std::move(declared);
}

absl::StatusOr<NativeType> CTypes::Find(absl::string_view type, const CDataModel& model) const {
  return Find(type, model, 0);
}

absl::StatusOr<NativeType> CTypes::Find(absl::string_view type, const CDataModel& model,
                                        int typedefs) const {
  absl::string_view text = absl::StripAsciiWhitespace(type);
  while (RemoveQualifier(text)) {
  }
  if (const auto builtin = FindIn(kBuiltinTypes, text)) return *builtin;
  if (text == "char") return model.is_char_signed ? NativeType::kI8 : NativeType::kU8;
  if (text == "long") return model.is_long_64_bits ? NativeType::kI64 : NativeType::kI32;
  if (text == "unsigned long") return model.is_long_64_bits ? NativeType::kU64 : NativeType::kU32;
  // What it is differs from one target to the other, and only C can make one.
  if (absl::StartsWith(text, "struct __va_list_tag") || text == "__builtin_va_list") {
    return NotPassed("va_list");
  }
  // A block of Apple's.
  if (absl::StrContains(text, "(^")) return NativeType::kPointer;
  if (absl::string_view pointee = text; absl::ConsumeSuffix(&pointee, "*")) {
    return IsFunction(pointee) ? NativeType::kFunction : NativeType::kPointer;
  }
  if (const auto pointer = FindDeclaredPointer(text)) return *pointer;
  if (absl::StartsWith(text, "struct ") || absl::StartsWith(text, "union ")) {
    return NotPassed(absl::StrCat(text, " by value"));
  }
  if (absl::ConsumePrefix(&text, "enum ")) {
    const auto found = enum_by_tag_.find(std::string(text));
    if (found == enum_by_tag_.end()) return NotPassed(absl::StrCat("the unknown enum ", text));
    return FindEnum(enums_.at(found->second), model);
  }
  if (IsName(text)) return FindNamed(std::string(text), model, typedefs);
  return NotPassed(text);
}

bool CTypes::IsFunction(absl::string_view type) const {
  const auto found = typedefs_.find(std::string(absl::StripAsciiWhitespace(type)));
  if (found == typedefs_.end()) return false;
  const Typedef& known = found->second;
  const auto function =
      ParseCFunctionType(known.desugared.empty() ? known.printed : known.desugared);
  return function.ok() && !function->result.empty();
}

absl::StatusOr<NativeType> CTypes::FindNamed(const std::string& name, const CDataModel& model,
                                             int typedefs) const {
  const auto found = typedefs_.find(name);
  if (found == typedefs_.end() || typedefs > kMaxTypedefs) return NotPassed(name);
  if (const auto size = FindIn(kSizeTypes, name)) return *size;
  const Typedef& known = found->second;
  if (const auto by_id = enums_.find(known.enum_id); by_id != enums_.end()) {
    if (by_id->second.is_defined || by_id->second.name.empty()) {
      return FindEnum(by_id->second, model);
    }
  }
  absl::StatusOr<NativeType> type = Find(known.printed, model, typedefs + 1);
  if (type.ok() || known.desugared.empty() || known.desugared == name) return type;
  // Such as typeof().
  absl::StatusOr<NativeType> desugared = Find(known.desugared, model, typedefs + 1);
  return desugared.ok() ? desugared : type;
}

absl::StatusOr<NativeType> CTypes::FindEnum(const CEnum& declared, const CDataModel& model) const {
  if (!declared.underlying.empty()) return Find(declared.underlying, model, 0);
  if (are_enums_int_) return NativeType::kI32;
  if (!declared.is_defined) return NotPassed(absl::StrCat("the incomplete enum ", declared.name));
  int64_t least = 0;
  uint64_t greatest = 0;
  Constant last = {true, ~uint64_t{0}};
  for (const std::string& text : declared.values) {
    const std::optional<Constant> value = text.empty() ? After(last) : ParseConstant(text);
    if (!value.has_value()) return NotPassed(absl::StrCat("an enum with the value ", text));
    last = *value;
    if (last.is_negative) {
      least = std::min(least, static_cast<int64_t>(last.bits));
    } else {
      greatest = std::max(greatest, last.bits);
    }
  }
  return IntegerFor(least, greatest, declared.is_packed);
}

absl::StatusOr<CFunctionType> ParseCFunctionType(absl::string_view text) {
  constexpr absl::string_view kAttribute = "__attribute__((";
  CFunctionType type;
  for (absl::string_view rest = text;;) {
    rest = absl::StripTrailingAsciiWhitespace(rest);
    const size_t group = LastGroup(rest);
    const size_t begin = rest.rfind(kAttribute);
    if (begin == absl::string_view::npos || begin + kAttribute.size() != group + 2) {
      text = rest;
      break;
    }
    absl::string_view attribute = rest.substr(begin + kAttribute.size());
    absl::ConsumeSuffix(&attribute, "))");
    type.attributes.emplace_back(attribute);
    rest = rest.substr(0, begin);
  }
  const size_t group = absl::EndsWith(text, ")") ? LastGroup(text) : absl::string_view::npos;
  if (absl::EndsWith(text, "]") && absl::StrContains(text, "(*")) {
    type.pointer_result = NativeType::kPointer;
    return type;
  }
  if (group == absl::string_view::npos || group == 0) return NotPassed(text);
  if (text[group - 1] == ')') {
    type.pointer_result = NativeType::kFunction;
    type.has_prototype = !absl::StrContains(text, "(*())");
    return type;
  }
  type.result = std::string(absl::StripAsciiWhitespace(text.substr(0, group)));
  type.has_prototype = text.substr(group) != "()";
  return type;
}

}  // namespace springboard
