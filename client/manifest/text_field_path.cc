#include "client/manifest/text_field_path.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

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

// The names of the fields that are open, outermost first. The last may have ended.
class Path {
 public:
  explicit Path(size_t first_symbol) : next_symbol_(first_symbol) {}

  void Take(const Tokenizer::Token& token) {
    const bool is_name = token.type == Tokenizer::TYPE_IDENTIFIER;
    if (is_name && !is_value_next_) {
      SetName(token.text);
    } else if (token.text == "{" || token.text == "<") {
      if (names_.size() < kMaxDepth) names_.emplace_back();
    } else if (token.text == "}" || token.text == ">") {
      if (names_.size() > 1) names_.pop_back();
    }
    is_value_next_ = token.text == ":";
  }

  std::string ToString() const {
    std::vector<std::string> shown = names_;
    if (shown.back().empty()) shown.pop_back();
    return absl::StrJoin(shown, ".");
  }

 private:
  void SetName(const std::string& name) {
    const bool is_symbol = names_.size() == 1 && name == "symbol";
    names_.back() = is_symbol ? absl::StrCat(name, "[", next_symbol_++, "]") : name;
  }

  size_t next_symbol_;
  bool is_value_next_ = false;
  std::vector<std::string> names_ = {""};
};

}  // namespace

std::string TextFieldPath(absl::string_view text, int line, int column, size_t first_symbol) {
  google::protobuf::io::ArrayInputStream input(text.data(), static_cast<int>(text.size()));
  NoErrors errors;
  Tokenizer tokenizer(&input, &errors);
  tokenizer.set_comment_style(Tokenizer::SH_COMMENT_STYLE);
  tokenizer.set_allow_f_after_float(true);
  Path path(first_symbol);
  while (tokenizer.Next()) {
    const Tokenizer::Token& token = tokenizer.current();
    if (std::make_tuple(token.line, token.column) >= std::make_tuple(line, column)) break;
    path.Take(token);
  }
  return path.ToString();
}

}  // namespace springboard
