#include "client/cli/load_display.h"

#include <sys/ioctl.h>

#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/load_report.h"
#include "client/cli/progress_bar.h"

namespace springboard {
namespace {

// A line that the terminal wraps would not be redrawn in place.
size_t Columns() {
  winsize size = {};
  const bool is_known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return is_known ? size.ws_col : 80;
}

std::string Rates(const LoadTally& tally, absl::Duration elapsed) {
  return absl::StrFormat("%10.0f calls/s %11.0f trampolines/s", RateOf(tally.calls(), elapsed),
                         RateOf(tally.trampolines(), elapsed));
}

std::string Latencies(const LatencyHistogram& latencies) {
  return absl::StrFormat("p50 %8s  p99 %8s  max %8s", LatencyText(latencies.Quantile(0.5)),
                         LatencyText(latencies.Quantile(0.99)), LatencyText(latencies.max()));
}

std::string Errors(const LoadTally& tally) {
  std::string text;
  for (const auto& [kind, error] : tally.errors()) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", error.calls, " ", kind);
  }
  return text.empty() ? "none" : text;
}

}  // namespace

LoadDisplay::LoadDisplay(std::string what, absl::Duration planned, bool has_lines)
    : what_(std::move(what)), planned_(planned), has_lines_(has_lines) {}

LoadDisplay::~LoadDisplay() {
  Erase();
  std::cerr << std::flush;
}

void LoadDisplay::Show(const LoadTally& all, absl::Duration elapsed, const LoadTally& latest,
                       absl::Duration latest_elapsed) {
  const double seconds = absl::ToDoubleSeconds(elapsed);
  const std::string rates = Rates(latest, latest_elapsed);
  const std::string latencies = Latencies(latest.latencies());
  if (is_terminal_) {
    Draw({what_,
          absl::StrFormat("  %6.1f s  %s of %.0f s", seconds,
                          ProgressBar(absl::FDivDuration(elapsed, planned_)),
                          absl::ToDoubleSeconds(planned_)),
          absl::StrCat("  now     ", rates, "  ", latencies),
          absl::StrCat("  so far  ", Rates(all, elapsed), "  ", Latencies(all.latencies())),
          absl::StrCat("  errors  ", Errors(all))});
  } else if (has_lines_) {
    std::cerr << absl::StreamFormat("%6.1f s  %s  %s  errors %s\n", seconds, rates, latencies,
                                    Errors(latest));
  }
}

void LoadDisplay::Erase() {
  // Up to the first line, and all behind it.
  if (lines_shown_ > 0) std::cerr << "\x1b[" << lines_shown_ << "A\x1b[J";
  lines_shown_ = 0;
}

void LoadDisplay::Draw(const std::vector<std::string>& lines) {
  const size_t columns = Columns();
  Erase();
  for (const std::string& line : lines) std::cerr << line.substr(0, columns) << "\n";
  std::cerr << std::flush;
  lines_shown_ = lines.size();
}

}  // namespace springboard
