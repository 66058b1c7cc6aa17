#include "client/symbol_table.h"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "compiler/error_details.h"
#include "compiler/native_type.h"
#include "compiler/signature.h"

namespace springboard {
namespace {

using Json = nlohmann::ordered_json;

// Deeper than any table, and shallow enough for whoever walks through it.
constexpr int kMaxDepth = 8;

absl::Status Error(absl::StatusCode code, absl::string_view reason, const std::string& field,
                   absl::string_view message) {
  return MakeError(code, reason, absl::StrCat("symbols", field), message);
}

absl::Status Malformed(const std::string& field, absl::string_view message) {
  return Error(absl::StatusCode::kInvalidArgument, reason::kMalformedSymbolTable, field, message);
}

absl::Status Unsupported(const std::string& field, absl::string_view message) {
  return Error(absl::StatusCode::kUnimplemented, reason::kUnsupportedSymbol, field, message);
}

// What was there instead, short and on one line.
std::string Shown(const Json& value) {
  constexpr size_t kMaxBytes = 60;
  std::string text = value.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
  if (text.size() > kMaxBytes) text = text.substr(0, kMaxBytes) + "...";
  return text;
}

absl::StatusOr<Json> ParseJson(absl::string_view text) {
  std::set<std::string> names;
  std::string twice;
  bool is_too_deep = false;
  const auto look = [&](int depth, Json::parse_event_t event, const Json& value) {
    if (depth > kMaxDepth) is_too_deep = true;
    if (depth == 1 && event == Json::parse_event_t::key &&
        !names.insert(value.get<std::string>()).second) {
      twice = value.get<std::string>();
    }
    return !is_too_deep;
  };
  try {
    Json table = Json::parse(text.begin(), text.end(), look);
    if (is_too_deep) return Malformed("", absl::StrCat("nested more than ", kMaxDepth, " deep"));
    if (!twice.empty()) return Malformed("." + twice, "the name is there twice");
    if (!table.is_object()) {
      return Malformed("", absl::StrCat("a table is an object; got ", Shown(table)));
    }
    return table;
  } catch (const Json::exception& error) {
    return Malformed("", absl::StrCat("not JSON: ", error.what()));
  }
}

absl::StatusOr<NativeType> ParseType(const Json& value, const std::string& field) {
  if (value.is_object()) {
    return Unsupported(field, absl::StrCat("structs have no fast call; got ", Shown(value)));
  }
  const auto type =
      value.is_string() ? FindNativeType(value.get_ref<const std::string&>()) : std::nullopt;
  if (type.has_value()) return *type;
  std::string names;
  for (const NativeTypeInfo& info : kNativeTypes) absl::StrAppend(&names, " ", info.name);
  return Error(absl::StatusCode::kInvalidArgument, reason::kUnknownType, field,
               absl::StrCat("a type is one of", names, "; got ", Shown(value)));
}

absl::StatusOr<bool> ParseFlag(const Json& value, const std::string& field) {
  if (value.is_boolean()) return value.get<bool>();
  return Malformed(field, absl::StrCat("true or false; got ", Shown(value)));
}

absl::StatusOr<absl::InlinedVector<NativeType, 32>> ParseParameters(const Json& value,
                                                                    const std::string& field) {
  if (!value.is_array()) {
    return Malformed(field, absl::StrCat("parameters are an array of types; got ", Shown(value)));
  }
  absl::InlinedVector<NativeType, 32> parameters;
  for (const Json& one : value) {
    const absl::StatusOr<NativeType> type =
        ParseType(one, absl::StrCat(field, "[", parameters.size(), "]"));
    if (!type.ok()) return type.status();
    parameters.push_back(*type);
  }
  return parameters;
}

// The members of one symbol, which Signature has not checked yet.
struct Parts {
  absl::InlinedVector<NativeType, 32> parameters;
  NativeType result = NativeType::kVoid;
  std::string symbol;
  bool is_optional = false;
};

absl::Status ParseMember(const std::string& key, const Json& value, const std::string& field,
                         Parts& parts) {
  if (key == "parameters") {
    auto parameters = ParseParameters(value, field);
    if (!parameters.ok()) return parameters.status();
    parts.parameters = *std::move(parameters);
  } else if (key == "result") {
    const absl::StatusOr<NativeType> result = ParseType(value, field);
    if (!result.ok()) return result.status();
    parts.result = *result;
  } else if (key == "name") {
    if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
      return Malformed(field, absl::StrCat("the library's name of it; got ", Shown(value)));
    }
    parts.symbol = value.get<std::string>();
  } else if (key == "optional") {
    const absl::StatusOr<bool> is_optional = ParseFlag(value, field);
    if (!is_optional.ok()) return is_optional.status();
    parts.is_optional = *is_optional;
  } else if (key == "nonblocking" || key == "callback") {
    const absl::StatusOr<bool> flag = ParseFlag(value, field);
    if (!flag.ok()) return flag.status();
    if (*flag) return Unsupported(field, "such a function has no fast call: leave it out");
  } else {
    return Malformed(field,
                     "a symbol has parameters, result, name, optional, nonblocking and "
                     "callback, and nothing else");
  }
  return absl::OkStatus();
}

absl::StatusOr<SymbolRequest> ParseSymbol(const std::string& name, const Json& value) {
  const std::string field = "." + name;
  if (!value.is_object()) {
    return Malformed(field, absl::StrCat("a symbol is an object; got ", Shown(value)));
  }
  if (value.contains("type")) return Unsupported(field + ".type", "a static is no function");
  for (const char* const needed : {"parameters", "result"}) {
    if (!value.contains(needed)) return Malformed(field, absl::StrCat("it has no ", needed));
  }
  Parts parts;
  for (const auto& [key, member] : value.items()) {
    absl::Status status = ParseMember(key, member, absl::StrCat(field, ".", key), parts);
    if (!status.ok()) return status;
  }
  absl::StatusOr<Signature> signature = Signature::Create(parts.parameters, parts.result);
  if (!signature.ok()) {
    return WithFieldPrefix(signature.status(), absl::StrCat("symbols", field));
  }
  return SymbolRequest{name, *std::move(signature), parts.symbol, parts.is_optional};
}

}  // namespace

absl::StatusOr<std::vector<SymbolRequest>> ParseSymbolTable(absl::string_view json) {
  const absl::StatusOr<Json> table = ParseJson(json);
  if (!table.ok()) return table.status();
  std::vector<SymbolRequest> symbols;
  symbols.reserve(table->size());
  for (const auto& [name, value] : table->items()) {
    absl::StatusOr<SymbolRequest> symbol = ParseSymbol(name, value);
    if (!symbol.ok()) return symbol.status();
    symbols.push_back(*std::move(symbol));
  }
  return symbols;
}

absl::StatusOr<LinkedLibrary> LinkSymbolTable(Client& client, const std::string& library,
                                              absl::string_view json, CallOptions options) {
  const absl::StatusOr<std::vector<SymbolRequest>> symbols = ParseSymbolTable(json);
  if (!symbols.ok()) return symbols.status();
  return client.LinkLibrary(library, *symbols, std::move(options));
}

}  // namespace springboard
