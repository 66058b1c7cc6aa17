#ifndef SPRINGBOARD_TESTS_DEPLOY_PROMQL_H_
#define SPRINGBOARD_TESTS_DEPLOY_PROMQL_H_

#include <map>
#include <set>
#include <string>

#include "absl/strings/string_view.h"

namespace springboard {

// Names of metrics, or of rules, each with names of labels.
using MetricLabels = std::map<std::string, std::set<std::string>>;

// What an expression speaks of.
struct PromqlNames {
  MetricLabels metrics;             // Each with the labels of its selectors.
  std::set<std::string> groupings;  // Labels of by, without, on, ignoring and group_left, _right.
};

// The names in an expression of PromQL, which may have Grafana's variables where they are usual: in
// strings and as ranges. `{...}` without a name is of the metric "".
PromqlNames NamesIn(absl::string_view expression);

// The metrics of a text in Prometheus' exposition format, each with all labels that it has.
MetricLabels ParseExposition(absl::string_view text);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_DEPLOY_PROMQL_H_
