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

using Json = nlohmann::json;

// Deeper than any table, and shallow enough for whoever walks through it.
constexpr int kMaxDepth = 8;

// A table, and the names of its symbols in its order.
struct Table {
  Json symbols;
  std::vector<std::string> names;
};

absl::Status Error(absl::StatusCode code, absl::string_view reason, const std::string& field,
                   absl::string_view message) {
  return MakeError(code, reason, Shown(absl::StrCat("symbols", field)), message);
}

absl::Status Malformed(const std::string& field, absl::string_view message) {
  return Error(absl::StatusCode::kInvalidArgument, reason::kMalformedSymbolTable, field, message);
}

absl::Status Unsupported(const std::string& field, absl::string_view message) {
  return Error(absl::StatusCode::kUnimplemented, reason::kUnsupportedSymbol, field, message);
}

// What was there instead, short and on one line.
std::string Got(const Json& value) {
  constexpr size_t kMaxBytes = 60;
  std::string text = value.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
  if (text.size() > kMaxBytes) text = text.substr(0, kMaxBytes) + "...";
  return text;
}

// The system would take it for the end of a name, and find another function.
bool HasZeroByte(const std::string& name) { return name.find('\0') != std::string::npos; }

// Looks through a table before it is made: the order of its names, and what is wrong with them.
class TableReader final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return true; }
  bool boolean(bool /*value*/) override { return true; }
  bool number_integer(number_integer_t /*value*/) override { return true; }
  bool number_unsigned(number_unsigned_t /*value*/) override { return true; }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return true; }
  bool string(string_t& /*value*/) override { return true; }
  bool binary(binary_t& /*value*/) override { return true; }
  bool start_object(std::size_t /*elements*/) override { return Enter(); }
  bool end_object() override { return Leave(); }
  bool start_array(std::size_t /*elements*/) override { return Enter(); }
  bool end_array() override { return Leave(); }

  bool key(string_t& name) override {
    if (depth_ > 1) return true;
    if (HasZeroByte(name)) {
      status_ = Malformed("." + name, "a name has no zero byte");
    } else if (!seen_.insert(name).second) {
      status_ = Malformed("." + name, "the name is there twice");
    }
    names_.push_back(std::move(name));
    return status_.ok();
  }

  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& error) override {
    status_ = Malformed("", absl::StrCat("not JSON: ", Shown(error.what())));
    return false;
  }

  const absl::Status& status() const { return status_; }
  std::vector<std::string>& names() { return names_; }

 private:
  bool Enter() {
    if (++depth_ > kMaxDepth) {
      status_ = Malformed("", absl::StrCat("nested more than ", kMaxDepth, " deep"));
    }
    return status_.ok();
  }
  bool Leave() {
    --depth_;
    return true;
  }

  absl::Status status_;
  int depth_ = 0;
  std::vector<std::string> names_;
  std::set<std::string> seen_;
};

absl::StatusOr<Table> ParseJson(absl::string_view text) {
  TableReader reader;
  Json::sax_parse(text.begin(), text.end(), &reader);
  if (!reader.status().ok()) return reader.status();
  Table table = {Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false),
                 std::move(reader.names())};
  if (!table.symbols.is_object()) {
    return Malformed("", absl::StrCat("a table is an object; got ", Got(table.symbols)));
  }
  return table;
}

absl::StatusOr<NativeType> ParseType(const Json& value, const std::string& field) {
  if (value.is_object()) {
    return Unsupported(field, absl::StrCat("structs have no fast call; got ", Got(value)));
  }
  const auto type =
      value.is_string() ? FindNativeType(value.get_ref<const std::string&>()) : std::nullopt;
  if (type.has_value()) return *type;
  std::string names;
  for (const NativeTypeInfo& info : kNativeTypes) absl::StrAppend(&names, " ", info.name);
  return Error(absl::StatusCode::kInvalidArgument, reason::kUnknownType, field,
               absl::StrCat("a type is one of", names, "; got ", Got(value)));
}

absl::StatusOr<bool> ParseFlag(const Json& value, const std::string& field) {
  if (value.is_boolean()) return value.get<bool>();
  return Malformed(field, absl::StrCat("true or false; got ", Got(value)));
}

absl::StatusOr<absl::InlinedVector<NativeType, 32>> ParseParameters(const Json& value,
                                                                    const std::string& field) {
  if (!value.is_array()) {
    return Malformed(field, absl::StrCat("parameters are an array of types; got ", Got(value)));
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
    if (!value.is_string() || value.get_ref<const std::string&>().empty() ||
        HasZeroByte(value.get_ref<const std::string&>())) {
      return Malformed(field, absl::StrCat("the library's name of it; got ", Got(value)));
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
    return Malformed(field, absl::StrCat("a symbol is an object; got ", Got(value)));
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
  const absl::StatusOr<Table> table = ParseJson(json);
  if (!table.ok()) return table.status();
  std::vector<SymbolRequest> symbols;
  symbols.reserve(table->names.size());
  for (const std::string& name : table->names) {
    absl::StatusOr<SymbolRequest> symbol = ParseSymbol(name, table->symbols[name]);
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
