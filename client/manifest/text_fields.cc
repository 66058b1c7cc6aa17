#include "client/manifest/text_fields.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <cstddef>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace springboard {
namespace {

using google::protobuf::io::Tokenizer;

// Deeper than any manifest.
constexpr size_t kMaxDepth = 8;

// The parser has said what is wrong.
class NoErrors final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int /*line*/, google::protobuf::io::ColumnNumber /*column*/,
                const std::string& /*message*/) override {}
};

// Follows the fields of a text, a token after the other.
class Fields {
 public:
  explicit Fields(const TextFieldCounts& before) { levels_.emplace_back().counts = before; }

  // Whether a value begins with the token.
  bool Take(const Tokenizer::Token& token) {
    const bool was_string = is_in_string_;
    is_in_string_ = token.type == Tokenizer::TYPE_STRING;
    if (token.text == "{" || token.text == "<") return BeginMessage(token.line);
    if (token.text == "}" || token.text == ">") {
      if (levels_.size() > 1) levels_.pop_back();
      return false;
    }
    Level& level = levels_.back();
    if (token.text == ":") {
      level.is_value_next = true;
    } else if (token.text == "[") {
      level.is_list = true;
      level.is_value_next = false;
    } else if (token.text == "]") {
      level.is_list = false;
    } else if (level.is_list || level.is_value_next) {
      level.is_value_next = false;
      // Strings beside each other are one value.
      if (token.text != "," && !(is_in_string_ && was_string)) return BeginValue(token.line);
    } else if (token.type == Tokenizer::TYPE_IDENTIFIER) {
      level.name = token.text;
      level.index = -1;
      level.line = token.line;
    }
    return false;
  }

  // Whether the last value is a whole symbol.
  bool is_symbol() const { return is_symbol_; }
  // Where the last value begins: with the field's name, or in a list with the value.
  int line() const { return line_; }

  std::string Path() const {
    std::string path;
    for (const Level& level : levels_) {
      if (level.name.empty()) continue;
      absl::StrAppend(&path, path.empty() ? "" : ".", level.name);
      if (level.index >= 0) absl::StrAppend(&path, "[", level.index, "]");
    }
    return path;
  }

 private:
  // One message: the counts of its repeated fields, and its last field.
  struct Level {
    TextFieldCounts counts;
    std::string name;
    int index = -1;  // Of the value; -1 for a field that is not repeated.
    int line = 0;    // Of the name.
    bool is_value_next = false;
    bool is_list = false;
  };

  bool BeginMessage(int line) {
    levels_.back().is_value_next = false;
    BeginValue(line);
    if (levels_.size() < kMaxDepth) levels_.emplace_back();
    return true;
  }

  bool BeginValue(int line) {
    Level& level = levels_.back();
    if (level.name == "target") level.index = level.counts.targets++;
    is_symbol_ = levels_.size() == 1 && level.name == "symbol";
    if (is_symbol_) level.index = level.counts.symbols++;
    line_ = level.is_list ? line : level.line;
    return true;
  }

  std::vector<Level> levels_;
  bool is_symbol_ = false;
  int line_ = 0;
  bool is_in_string_ = false;
};

// The tokens of a text.
class Tokens {
 public:
  explicit Tokens(absl::string_view text)
      : input_(text.data(), static_cast<int>(text.size())), tokenizer_(&input_, &errors_) {
    tokenizer_.set_comment_style(Tokenizer::SH_COMMENT_STYLE);
    tokenizer_.set_allow_f_after_float(true);
  }

  bool Next() { return tokenizer_.Next(); }
  const Tokenizer::Token& current() { return tokenizer_.current(); }

 private:
  google::protobuf::io::ArrayInputStream input_;
  NoErrors errors_;
  Tokenizer tokenizer_;
};

}  // namespace

std::vector<int> SymbolLines(absl::string_view text) {
  std::vector<int> lines;
  Fields fields({});
  for (Tokens tokens(text); tokens.Next();) {
    if (fields.Take(tokens.current()) && fields.is_symbol()) lines.push_back(fields.line());
  }
  return lines;
}

int LineOfField(absl::string_view text, absl::string_view path, const TextFieldCounts& before) {
  int line = 0;
  Fields fields(before);
  for (Tokens tokens(text); tokens.Next();) {
    if (!fields.Take(tokens.current())) continue;
    const std::string here = fields.Path();
    if (here == path) return fields.line();
    if (absl::StartsWith(path, absl::StrCat(here, "."))) line = fields.line();
  }
  return line;
}

std::string FieldAt(absl::string_view text, int line, int column, const TextFieldCounts& before) {
  Fields fields(before);
  for (Tokens tokens(text); tokens.Next();) {
    const Tokenizer::Token& token = tokens.current();
    if (std::make_tuple(token.line, token.column) >= std::make_tuple(line, column)) break;
    fields.Take(token);
  }
  return fields.Path();
}

}  // namespace springboard
