#include "tests/deploy/expressions.h"

#include <nlohmann/json.hpp>
#include <regex>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace springboard {
namespace {

// What {{ $labels.NAME }} or {{NAME}} mentions.
std::set<std::string> LabelsIn(const std::string& text) {
  static const auto* const pattern =
      new std::regex(R"(\{\{ *(?:\$labels\.)?([a-z_]+) *(?:\|[^}]*)?\}\})");
  std::set<std::string> labels;
  for (std::sregex_iterator i(text.begin(), text.end(), *pattern), end; i != end; ++i) {
    labels.insert((*i)[1]);
  }
  return labels;
}

size_t IndentOf(absl::string_view line) {
  return line.size() - absl::StripLeadingAsciiWhitespace(line).size();
}

// label_values(EXPRESSION, LABEL), which is Grafana's and not PromQL.
Expression VariableQuery(const std::string& name, absl::string_view query) {
  absl::ConsumePrefix(&query, "label_values(");
  absl::ConsumeSuffix(&query, ")");
  const size_t comma = query.rfind(',');
  return {"$" + name,
          std::string(query.substr(0, comma)),
          false,
          {std::string(absl::StripAsciiWhitespace(query.substr(comma + 1)))}};
}

}  // namespace

std::vector<Expression> RulesIn(absl::string_view yaml) {
  std::vector<Expression> rules;
  size_t block_indent = 0;  // Of the key whose lines these are; 0 for none.
  for (const absl::string_view line : absl::StrSplit(yaml, '\n')) {
    absl::string_view text = absl::StripAsciiWhitespace(line);
    const bool is_record = absl::ConsumePrefix(&text, "- record: ");
    if (is_record || absl::ConsumePrefix(&text, "- alert: ")) {
      rules.push_back({std::string(text), "", is_record, {}});
      continue;
    }
    if (rules.empty() || text.empty()) continue;
    Expression& rule = rules.back();
    rule.text_labels.merge(LabelsIn(std::string(text)));
    if (block_indent > 0 && IndentOf(line) > block_indent) {
      absl::StrAppend(&rule.promql, text, "\n");
    } else if (absl::ConsumePrefix(&text, "expr: ")) {
      block_indent = text == "|" ? IndentOf(line) : 0;
      if (text != "|") rule.promql = std::string(text);
    } else {
      block_indent = 0;
    }
  }
  return rules;
}

std::vector<Expression> QueriesIn(absl::string_view json) {
  const auto dashboard = nlohmann::json::parse(json);
  std::vector<Expression> queries;
  for (const auto& panel : dashboard.at("panels")) {
    for (const auto& target : panel.value("targets", nlohmann::json::array())) {
      queries.push_back({panel.at("title"), target.at("expr"), false,
                         LabelsIn(target.at("legendFormat").get<std::string>())});
    }
  }
  for (const auto& variable : dashboard.at("templating").at("list")) {
    if (variable.at("type") != "query") continue;
    queries.push_back(
        VariableQuery(variable.at("name"), variable.at("query").at("query").get<std::string>()));
  }
  return queries;
}

}  // namespace springboard
