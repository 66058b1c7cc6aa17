#include "client/symbol_table_syntax.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/json_lines.h"
#include "compiler/error_details.h"
#include "compiler/native_type.h"

namespace springboard {
namespace {

using Json = nlohmann::json;

// Deeper than any table, and shallow enough for whoever walks through it.
constexpr int kMaxDepth = 8;

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

// Cuts a table into its symbols, and finds what is wrong with their names.
class TableReader final : public nlohmann::json_sax<Json> {
 public:
  TableReader(absl::string_view text, const JsonCursor& cursor) : text_(text), cursor_(cursor) {}

  bool null() override { return Scalar(nullptr); }
  bool boolean(bool value) override { return Scalar(value); }
  bool number_integer(number_integer_t value) override { return Scalar(value); }
  bool number_unsigned(number_unsigned_t value) override { return Scalar(value); }
  bool number_float(number_float_t value, const string_t& /*text*/) override {
    return Scalar(value);
  }
  bool string(string_t& value) override { return depth_ > 1 || Scalar(value); }
  bool binary(binary_t& /*value*/) override { return true; }
  bool start_object(std::size_t /*elements*/) override { return Enter(); }
  bool end_object() override { return Leave(); }
  bool start_array(std::size_t /*elements*/) override {
    is_array_ = is_array_ || depth_ == 0;
    return Enter();
  }
  bool end_array() override { return Leave(); }

  bool key(string_t& name) override {
    if (depth_ == 1 && !is_array_) return BeginMember(name);
    if (depth_ == 2 && !is_array_ && !keys_.insert(name).second) {
      status_ = Malformed(absl::StrCat(".", members_.back().name, ".", name), "it is there twice");
    }
    return status_.ok();
  }

  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& error) override {
    status_ = Malformed("", absl::StrCat("not JSON: ", Shown(error.what())));
    return false;
  }

  absl::StatusOr<std::vector<TableMember>> Finish() {
    if (!status_.ok()) return status_;
    if (is_array_) return NoTable(Json::parse(text_.begin(), text_.end()));
    return std::move(members_);
  }

 private:
  static absl::Status NoTable(const Json& value) {
    return Malformed("", absl::StrCat("a table is an object; got ", Got(value)));
  }

  bool Scalar(const Json& value) {
    if (depth_ == 0) status_ = NoTable(value);
    if (depth_ == 1 && !is_array_) {
      status_ = Malformed("." + members_.back().name,
                          absl::StrCat("a symbol is an object; got ", Got(value)));
    }
    return status_.ok();
  }

  bool BeginMember(const std::string& name) {
    if (HasZeroByte(name)) {
      status_ = Malformed("." + name, "a name has no zero byte");
    } else if (!names_.insert(name).second) {
      status_ = Malformed("." + name, "the name is there twice");
    }
    keys_.clear();
    // The value begins behind the colon.
    members_.push_back({name, text_.substr(cursor_.offset()), cursor_.line(), 0});
    return status_.ok();
  }

  bool Enter() {
    if (++depth_ > kMaxDepth) {
      status_ = Malformed("", absl::StrCat("nested more than ", kMaxDepth, " deep"));
    }
    return status_.ok();
  }

  bool Leave() {
    if (--depth_ == 1 && !is_array_) {
      TableMember& member = members_.back();
      const char* const end = text_.data() + cursor_.offset();
      member.json = member.json.substr(0, static_cast<size_t>(end - member.json.data()));
      const absl::string_view colon = member.json.substr(0, member.json.find(':') + 1);
      member.json_line =
          member.line + static_cast<int>(std::count(colon.begin(), colon.end(), '\n'));
      member.json.remove_prefix(colon.size());
    }
    return true;
  }

  const absl::string_view text_;
  const JsonCursor& cursor_;
  absl::Status status_;
  int depth_ = 0;
  bool is_array_ = false;
  std::vector<TableMember> members_;
  std::unordered_set<std::string> names_;
  std::unordered_set<std::string> keys_;  // Of the member.
};

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

// Checks every member; what is wrong goes before what has no fast call.
absl::StatusOr<Parts> ParseMembers(const Json& members, const std::string& field) {
  Parts parts;
  absl::Status unsupported;
  for (const auto& [key, member] : members.items()) {
    absl::Status status = ParseMember(key, member, absl::StrCat(field, ".", key), parts);
    if (absl::IsUnimplemented(status)) {
      unsupported.Update(status);
    } else if (!status.ok()) {
      return status;
    }
  }
  if (!unsupported.ok()) return unsupported;
  return parts;
}

// Looks for the line of one value by its path, "parameters[1]".
class LineFinder final : public nlohmann::json_sax<Json> {
 public:
  LineFinder(absl::string_view path, const JsonCursor& cursor) : path_(path), cursor_(cursor) {}

  bool null() override { return Value(); }
  bool boolean(bool /*value*/) override { return Value(); }
  bool number_integer(number_integer_t /*value*/) override { return Value(); }
  bool number_unsigned(number_unsigned_t /*value*/) override { return Value(); }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return Value(); }
  bool string(string_t& /*value*/) override { return Value(); }
  bool binary(binary_t& /*value*/) override { return true; }
  bool start_object(std::size_t /*elements*/) override { return Enter(false); }
  bool end_object() override { return Leave(); }
  bool start_array(std::size_t /*elements*/) override { return Enter(true); }
  bool end_array() override { return Leave(); }
  bool key(string_t& name) override {
    levels_.back().name = name;
    return !IsHere();
  }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return false;
  }

  // 0 if there is no such value.
  int line() const { return line_; }

 private:
  struct Level {
    bool is_array;
    int index;
    std::string name;
  };

  bool Value() {
    if (levels_.empty() || !levels_.back().is_array) return true;
    ++levels_.back().index;
    return !IsHere();
  }
  bool Enter(bool is_array) {
    const bool goes_on = Value();
    levels_.push_back({is_array, -1, ""});
    return goes_on;
  }
  bool Leave() {
    levels_.pop_back();
    return true;
  }
  bool IsHere() {
    std::string here;
    for (const Level& level : levels_) {
      if (level.is_array) {
        absl::StrAppend(&here, "[", level.index, "]");
      } else {
        absl::StrAppend(&here, here.empty() ? "" : ".", level.name);
      }
    }
    if (Shown(here) != path_) return false;
    line_ = cursor_.line();
    return true;
  }

  const absl::string_view path_;
  const JsonCursor& cursor_;
  std::vector<Level> levels_;
  int line_ = 0;
};

}  // namespace

absl::StatusOr<std::vector<TableMember>> SplitSymbolTable(absl::string_view json, int* error_line) {
  JsonCursor cursor(json);
  TableReader reader(json, cursor);
  Json::sax_parse(cursor.begin(), cursor.end(), &reader);
  *error_line = cursor.line();
  return reader.Finish();
}

absl::StatusOr<TableSymbol> ParseTableSymbol(const TableMember& member) {
  const std::string field = "." + member.name;
  const Json value = Json::parse(member.json.begin(), member.json.end(), nullptr,
                                 /*allow_exceptions=*/false);
  if (!value.is_object()) {
    return Malformed(field, absl::StrCat("a symbol is an object; got ", Got(value)));
  }
  if (value.contains("type")) return Unsupported(field + ".type", "a static is no function");
  for (const char* const needed : {"parameters", "result"}) {
    if (!value.contains(needed)) return Malformed(field, absl::StrCat("it has no ", needed));
  }
  absl::StatusOr<Parts> parts = ParseMembers(value, field);
  if (!parts.ok()) return parts.status();
  absl::StatusOr<Signature> signature = Signature::Create(parts->parameters, parts->result);
  if (!signature.ok()) {
    return WithFieldPrefix(signature.status(), Shown(absl::StrCat("symbols", field)));
  }
  return TableSymbol{*std::move(signature), std::move(parts->symbol), parts->is_optional};
}

int LineOfField(const TableMember& member, absl::string_view field) {
  if (!absl::ConsumePrefix(&field, Shown(absl::StrCat("symbols.", member.name, ".")))) {
    return member.line;
  }
  JsonCursor cursor(member.json, member.json_line);
  LineFinder finder(field, cursor);
  Json::sax_parse(cursor.begin(), cursor.end(), &finder);
  return finder.line() > 0 ? finder.line() : member.line;
}

}  // namespace springboard
