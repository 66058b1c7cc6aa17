#include "tests/support/svg_chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace springboard {
namespace {

// In pixels.
constexpr double kWidth = 900;
constexpr double kLeft = 80;
constexpr double kRight = 20;
constexpr double kTop = 44;
constexpr double kPanelHeight = 150;
constexpr double kPanelHead = 40;  // Title and legend, above the panel.
constexpr double kBottom = 52;
constexpr double kLegendAt = 260;  // Behind the panel's title.
constexpr double kLetter = 7.2;    // About as wide as one is.

constexpr int kColors = 6;

// Of lines: colours that the colour-blind tell apart too, after Okabe and Ito. No variables: many
// viewers do not know them.
constexpr char kStyle[] =
    "<style>\n"
    "svg { color-scheme: light dark; }\n"
    "text { font: 12px sans-serif; fill: #1f2328; }\n"
    ".title { font-size: 16px; font-weight: bold; }\n"
    ".panel { font-weight: bold; }\n"
    ".paper { fill: #ffffff; }\n"
    ".grid { stroke: #d8dee4; stroke-width: 1; }\n"
    ".line { fill: none; stroke-width: 1.5; stroke-linejoin: round; stroke-linecap: round; }\n"
    ".c0 { stroke: #0072b2; } .c1 { stroke: #d55e00; } .c2 { stroke: #007a5a; }\n"
    ".c3 { stroke: #a3508a; } .c4 { stroke: #8a6d00; } .c5 { stroke: #56789a; }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "  text { fill: #e6edf3; } .paper { fill: #0d1117; } .grid { stroke: #30363d; }\n"
    "  .c0 { stroke: #56b4e9; } .c1 { stroke: #ff8c3a; } .c2 { stroke: #2fc79b; }\n"
    "  .c3 { stroke: #e08fc4; } .c4 { stroke: #e6c84d; } .c5 { stroke: #a9c1d9; }\n"
    "}\n"
    "</style>\n";

std::string Escape(const std::string& text) {
  std::string escaped =
      absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}});
  // XML has no other control characters.
  escaped.erase(std::remove_if(escaped.begin(), escaped.end(),
                               [](unsigned char c) { return c < 0x20 && c != '\n' && c != '\t'; }),
                escaped.end());
  return escaped;
}

// The values of an axis, and where they are on the page. What other scales would have of their own:
// At() and Ticks().
class Axis {
 public:
  // Of values in [low, high], from one place to the other.
  Axis(double low, double high, double from, double to) : from_(from), to_(to) {
    // Neither may be nothing, nor overflow.
    if (!(low <= high)) low = high = 0;
    if (low == high) {
      const double margin = low == 0 ? 1 : std::abs(low) / 20;
      low -= low == 0 ? 0 : margin;
      high += margin;
    }
    step_ = StepOf(high / 5 - low / 5);
    low_ = low;
    high_ = high;
  }

  // Widens it to whole ticks.
  void Round() {
    low_ = std::floor(low_ / step_) * step_;
    high_ = std::ceil(high_ / step_) * step_;
  }

  double At(double value) const {
    return from_ + (to_ - from_) * ((value - low_) / (high_ - low_));
  }

  std::vector<double> Ticks() const {
    constexpr int kMaxTicks = 20;
    std::vector<double> ticks;
    const double first = std::ceil(low_ / step_ - 1e-9);
    for (int i = 0; i < kMaxTicks && (first + i) * step_ <= high_ + step_ * 1e-9; ++i) {
      ticks.push_back((first + i) * step_);
    }
    return ticks;
  }

  // With as many digits as tell the ticks apart.
  std::string Label(double tick) const {
    const int digits = static_cast<int>(std::clamp(std::ceil(-std::log10(step_) - 1e-9), 0.0, 9.0));
    // Neither -0 nor a row of zeros.
    if (std::abs(tick) >= 1e7) return absl::StrFormat("%.3g", tick);
    return absl::StrFormat("%.*f", digits, tick == 0 ? 0.0 : tick);
  }

 private:
  // 1, 2 or 5 times a power of ten, that is not below `least`.
  static double StepOf(double least) {
    const double power = std::pow(10, std::floor(std::log10(least)));
    for (const double factor : {1.0, 2.0, 5.0}) {
      if (factor * power >= least * (1 - 1e-9)) return factor * power;
    }
    return 10 * power;
  }

  double from_;
  double to_;
  double low_ = 0;
  double high_ = 1;
  double step_ = 1;
};

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void Add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

bool IsFinite(const std::pair<double, double>& point) {
  return std::isfinite(point.first) && std::isfinite(point.second);
}

std::string Line(double x1, double y1, double x2, double y2) {
  return absl::StrFormat("<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
                         x1, y1, x2, y2);
}

std::string Text(double x, double y, const char* attributes, const std::string& text) {
  return absl::StrFormat("<text x=\"%.1f\" y=\"%.1f\" %s>%s</text>\n", x, y, attributes,
                         Escape(text));
}

// A path, with a new beginning behind each gap; a point between gaps is a dot.
std::string Path(const Chart::Series& series, size_t color, const Axis& x, const Axis& y) {
  std::string path;
  const char* command = "M";
  bool is_alone = false;
  for (const auto& point : series.points) {
    if (!IsFinite(point)) {
      if (is_alone) absl::StrAppend(&path, "h0");
      is_alone = false;
      command = "M";
      continue;
    }
    is_alone = *command == 'M';
    absl::StrAppendFormat(&path, "%s%.1f %.1f", command, x.At(point.first), y.At(point.second));
    command = "L";
  }
  if (is_alone) absl::StrAppend(&path, "h0");
  if (path.empty()) return "";
  return absl::StrFormat("<path class=\"line c%d\" d=\"%s\"/>\n", color % kColors, path);
}

std::string Legend(const Chart::Panel& panel, double y) {
  std::string svg;
  double x = kLeft + kLegendAt;
  for (size_t i = 0; i < panel.series.size(); ++i) {
    absl::StrAppendFormat(&svg, "<path class=\"line c%d\" d=\"M%.1f %.1fh18\"/>\n", i % kColors, x,
                          y - 4);
    absl::StrAppend(&svg, Text(x + 24, y, "", panel.series[i].name));
    x += 24 + kLetter * static_cast<double>(panel.series[i].name.size()) + 20;
  }
  return svg;
}

// The panel whose lines begin at `top`.
std::string PanelSvg(const Chart::Panel& panel, const Axis& x, double top) {
  const double bottom = top + kPanelHeight;
  Range range;
  if (panel.y_from_zero) range.Add(0);
  for (const Chart::Series& series : panel.series) {
    for (const auto& point : series.points) {
      if (IsFinite(point)) range.Add(point.second);
    }
  }
  Axis y(range.low, range.high, bottom, top);
  y.Round();
  std::string svg =
      Text(kLeft, top - 14, "class=\"panel\"",
           panel.y_unit.empty() ? panel.title : absl::StrCat(panel.title, " (", panel.y_unit, ")"));
  absl::StrAppend(&svg, Legend(panel, top - 14));
  for (const double tick : y.Ticks()) {
    absl::StrAppend(&svg, Line(kLeft, y.At(tick), kWidth - kRight, y.At(tick)),
                    Text(kLeft - 8, y.At(tick) + 4, "text-anchor=\"end\"", y.Label(tick)));
  }
  for (const double tick : x.Ticks()) {
    absl::StrAppend(&svg, Line(x.At(tick), top, x.At(tick), bottom));
  }
  for (size_t i = 0; i < panel.series.size(); ++i) {
    absl::StrAppend(&svg, Path(panel.series[i], i, x, y));
  }
  return svg;
}

}  // namespace

std::string ToSvg(const Chart& chart) {
  Range range;
  for (const Chart::Panel& panel : chart.panels) {
    for (const Chart::Series& series : panel.series) {
      for (const auto& point : series.points) {
        if (IsFinite(point)) range.Add(point.first);
      }
    }
  }
  const Axis x(range.low, range.high, kLeft, kWidth - kRight);
  const double panels = static_cast<double>(chart.panels.size());
  const double bottom = kTop + panels * (kPanelHead + kPanelHeight);
  std::string svg = absl::StrFormat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" "
      "height=\"%.0f\" role=\"img\">\n",
      kWidth, bottom + kBottom, kWidth, bottom + kBottom);
  absl::StrAppend(&svg, "<title>", Escape(chart.title), "</title>\n", kStyle,
                  "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n",
                  Text(kLeft, 28, "class=\"title\"", chart.title));
  double top = kTop;
  for (const Chart::Panel& panel : chart.panels) {
    absl::StrAppend(&svg, PanelSvg(panel, x, top + kPanelHead));
    top += kPanelHead + kPanelHeight;
  }
  for (const double tick : x.Ticks()) {
    absl::StrAppend(&svg, Text(x.At(tick), bottom + 18, "text-anchor=\"middle\"", x.Label(tick)));
  }
  absl::StrAppend(
      &svg,
      Text((kLeft + kWidth - kRight) / 2, bottom + 40, "text-anchor=\"middle\"", chart.x_title),
      "</svg>\n");
  return svg;
}

}  // namespace springboard
