#include "client/cli/load_report.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace springboard {
namespace {

constexpr size_t kMaxRows = 16;
constexpr double kBarWidth = 40;

// What is reported of latency, by name.
constexpr std::pair<const char*, double> kQuantiles[] = {
    {"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}};

// The latencies that were counted in a row.
std::string RowText(const LatencyHistogram::Row& row, uint64_t most, uint64_t all) {
  const double part = static_cast<double>(row.count) / static_cast<double>(all);
  const double length =
      std::ceil(kBarWidth * static_cast<double>(row.count) / static_cast<double>(most));
  return absl::StrFormat("  %8s - %8s %10d  %5.1f %%  %s\n", LatencyText(row.from),
                         LatencyText(row.to), row.count, 100 * part,
                         std::string(static_cast<size_t>(length), '#'));
}

std::string LatenciesText(const LatencyHistogram& latencies) {
  if (latencies.count() == 0) return "";
  std::string text = "\nLatency of calls without errors\n ";
  for (const auto& [name, part] : kQuantiles) {
    absl::StrAppend(&text, " ", name, " ", LatencyText(latencies.Quantile(part)), " ");
  }
  absl::StrAppend(&text, " max ", LatencyText(latencies.max()), "  mean ",
                  LatencyText(latencies.mean()), "\n\n");
  const std::vector<LatencyHistogram::Row> rows = latencies.Rows(kMaxRows);
  uint64_t most = 1;
  for (const LatencyHistogram::Row& row : rows) most = std::max(most, row.count);
  for (const LatencyHistogram::Row& row : rows) {
    absl::StrAppend(&text, RowText(row, most, latencies.count()));
  }
  return text;
}

std::string ErrorsText(const LoadTally& tally) {
  std::string text;
  for (const auto& [kind, error] : tally.errors()) {
    absl::StrAppendFormat(&text, "  %-45s %10d calls %10d trampolines\n    %s\n", kind, error.calls,
                          error.trampolines, error.message);
  }
  return text.empty() ? "" : "\nErrors\n" + text;
}

std::string CutShortText(const LoadResult& result) {
  if (!result.is_cut_short) return "";
  return absl::StrCat("\nEnded early; ", result.cancelled,
                      " calls that were under way are not counted\n");
}

}  // namespace

std::string LatencyText(absl::Duration latency) {
  constexpr std::pair<absl::Duration, const char*> kUnits[] = {{absl::Nanoseconds(1), "ns"},
                                                               {absl::Microseconds(1), "us"},
                                                               {absl::Milliseconds(1), "ms"},
                                                               {absl::Seconds(1), "s"}};
  size_t unit = 0;
  // 999.5 would have four digits.
  while (unit < 3 && absl::FDivDuration(latency, kUnits[unit].first) >= 999.5) ++unit;
  const double value = absl::FDivDuration(latency, kUnits[unit].first);
  const int digits = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return absl::StrFormat("%.*f %s", digits, value, kUnits[unit].second);
}

double RateOf(uint64_t count, absl::Duration elapsed) {
  return elapsed <= absl::ZeroDuration()
             ? 0
             : static_cast<double>(count) / absl::ToDoubleSeconds(elapsed);
}

std::string LoadText(const LoadResult& result) {
  const LoadTally& tally = result.tally;
  return absl::StrCat(
      absl::StrFormat("%s: %.1f s\n\n", result.what, absl::ToDoubleSeconds(result.elapsed)),
      absl::StrFormat("  calls        %10d  %12.1f/s\n", tally.calls(),
                      RateOf(tally.calls(), result.elapsed)),
      absl::StrFormat("  trampolines  %10d  %12.1f/s\n", tally.trampolines(),
                      RateOf(tally.trampolines(), result.elapsed)),
      absl::StrFormat("  failed calls %10d\n", tally.failed_calls()),
      LatenciesText(tally.latencies()), ErrorsText(tally), CutShortText(result));
}

std::string LoadJson(const LoadResult& result) {
  using nlohmann::json;
  const LoadTally& tally = result.tally;
  const LatencyHistogram& latencies = tally.latencies();
  json latency = {{"max", absl::ToInt64Nanoseconds(latencies.max())},
                  {"mean", absl::ToInt64Nanoseconds(latencies.mean())},
                  {"histogram", json::array()}};
  for (const auto& [name, part] : kQuantiles) {
    latency[name] = absl::ToInt64Nanoseconds(latencies.Quantile(part));
  }
  for (const LatencyHistogram::Row& row : latencies.Rows(kMaxRows)) {
    latency["histogram"].push_back({{"from", absl::ToInt64Nanoseconds(row.from)},
                                    {"to", absl::ToInt64Nanoseconds(row.to)},
                                    {"calls", row.count}});
  }
  json errors = json::array();
  for (const auto& [kind, error] : tally.errors()) {
    errors.push_back({{"kind", kind},
                      {"calls", error.calls},
                      {"trampolines", error.trampolines},
                      {"message", error.message}});
  }
  const json all = {{"what", result.what},
                    {"in_flight", result.in_flight},
                    {"batch", result.batch},
                    {"seconds", absl::ToDoubleSeconds(result.elapsed)},
                    {"ended_early", result.is_cut_short},
                    {"cancelled_calls", result.cancelled},
                    {"calls", tally.calls()},
                    {"failed_calls", tally.failed_calls()},
                    {"trampolines", tally.trampolines()},
                    {"calls_per_second", RateOf(tally.calls(), result.elapsed)},
                    {"trampolines_per_second", RateOf(tally.trampolines(), result.elapsed)},
                    {"latency_ns", latency},
                    {"errors", errors}};
  // What a server sent need not be UTF-8.
  return all.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace springboard
