#ifndef SPRINGBOARD_TESTS_DEPLOY_EXPRESSIONS_H_
#define SPRINGBOARD_TESTS_DEPLOY_EXPRESSIONS_H_

#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace springboard {

inline constexpr char kRulesFile[] = "deploy/prometheus/springboard.rules.yaml";
inline constexpr char kDashboardFile[] = "deploy/grafana/springboard.json";

// A rule, or a query of a dashboard.
struct Expression {
  std::string name;  // Of the record or alert, or of the panel.
  std::string promql;
  bool is_record = false;
  std::set<std::string> text_labels;  // Labels that texts beside it mention: {{ code }}.
};

// The rules of a file in the one style that deploy/prometheus has.
std::vector<Expression> RulesIn(absl::string_view yaml);

// The queries of all panels and variables. Ends the test program if that is no JSON.
std::vector<Expression> QueriesIn(absl::string_view json);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_DEPLOY_EXPRESSIONS_H_
