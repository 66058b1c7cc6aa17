#include "tests/deploy/promql.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"

namespace springboard {
namespace {

bool IsNameStart(char c) { return absl::ascii_isalpha(c) || c == '_' || c == ':'; }
bool IsNamePart(char c) { return IsNameStart(c) || absl::ascii_isdigit(c); }

bool IsGrouping(absl::string_view word) {
  static const auto* const words = new std::set<absl::string_view>{
      "by", "without", "on", "ignoring", "group_left", "group_right"};
  return words->count(word) > 0;
}

// Words that name no metric, though no parenthesis need follow.
bool IsKeyword(absl::string_view word) {
  static const auto* const words = new std::set<absl::string_view>{
      "and",    "or",    "unless", "bool",    "offset",   "atan2", "inf",   "nan",
      "Inf",    "NaN",   "sum",    "min",     "max",      "avg",   "group", "stddev",
      "stdvar", "count", "topk",   "bottomk", "quantile", "start", "end",   "count_values"};
  return words->count(word) > 0;
}

class Scanner {
 public:
  explicit Scanner(absl::string_view text) : rest_(text) {}

  bool is_done() const { return rest_.empty(); }
  char Peek() const { return rest_.empty() ? '\0' : rest_[0]; }
  void Skip(size_t count = 1) { rest_.remove_prefix(std::min(count, rest_.size())); }
  void SkipSpace() { rest_ = absl::StripLeadingAsciiWhitespace(rest_); }
  // Behind the next such character.
  void SkipBehind(char c) {
    const size_t end = rest_.find(c);
    Skip(end == rest_.npos ? rest_.size() : end + 1);
  }

  void SkipString() {
    const char quote = Peek();
    Skip();
    while (!rest_.empty() && Peek() != quote) Skip(Peek() == '\\' && quote != '`' ? 2 : 1);
    Skip();
  }

  // The longest such text from here on.
  template <typename Predicate>
  std::string Take(const Predicate& predicate) {
    const auto* const end = std::find_if_not(rest_.begin(), rest_.end(), predicate);
    std::string text(rest_.begin(), end);
    Skip(text.size());
    return text;
  }

  // Names up to a closing bracket; strings and operators between them do not matter.
  std::set<std::string> TakeNames(char close) {
    std::set<std::string> names;
    while (!is_done() && Peek() != close) {
      if (Peek() == '"' || Peek() == '\'' || Peek() == '`') {
        SkipString();
      } else if (IsNameStart(Peek())) {
        names.insert(Take(IsNamePart));
      } else {
        Skip();
      }
    }
    Skip();
    return names;
  }

 private:
  absl::string_view rest_;
};

// A name, and what belongs to it.
void ReadName(Scanner& scanner, PromqlNames& names) {
  const std::string word = scanner.Take(IsNamePart);
  scanner.SkipSpace();
  if (IsGrouping(word)) {
    if (scanner.Peek() != '(') return;
    scanner.Skip();
    names.groupings.merge(scanner.TakeNames(')'));
  } else if (scanner.Peek() != '(' && !IsKeyword(word)) {
    std::set<std::string>& labels = names.metrics[word];
    if (scanner.Peek() != '{') return;
    scanner.Skip();
    labels.merge(scanner.TakeNames('}'));
  }
}

}  // namespace

PromqlNames NamesIn(absl::string_view expression) {
  PromqlNames names;
  Scanner scanner(expression);
  while (!scanner.is_done()) {
    const char c = scanner.Peek();
    if (IsNameStart(c)) {
      ReadName(scanner, names);
    } else if (c == '"' || c == '\'' || c == '`') {
      scanner.SkipString();
    } else if (c == '[') {
      scanner.SkipBehind(']');
    } else if (c == '#') {
      scanner.SkipBehind('\n');
    } else if (c == '{') {
      scanner.Skip();
      names.metrics[""].merge(scanner.TakeNames('}'));
    } else if (absl::ascii_isdigit(c)) {
      // A duration or a number, with its letters.
      scanner.Take([](char part) { return absl::ascii_isalnum(part) || part == '.'; });
    } else {
      scanner.Skip();
    }
  }
  return names;
}

MetricLabels ParseExposition(absl::string_view text) {
  MetricLabels metrics;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipWhitespace())) {
    if (line[0] == '#') continue;
    Scanner scanner(line);
    std::set<std::string>& labels = metrics[scanner.Take(IsNamePart)];
    if (scanner.Peek() != '{') continue;
    scanner.Skip();
    labels.merge(scanner.TakeNames('}'));
  }
  return metrics;
}

}  // namespace springboard
