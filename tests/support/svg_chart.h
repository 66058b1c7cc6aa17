#ifndef SPRINGBOARD_TESTS_SUPPORT_SVG_CHART_H_
#define SPRINGBOARD_TESTS_SUPPORT_SVG_CHART_H_

#include <string>
#include <utility>
#include <vector>

namespace springboard {

// Lines over a common x axis, in panels one below the other. What is not finite is a gap in its
// line; a series without any finite point is in the legend only.
struct Chart {
  struct Series {
    std::string name;
    std::vector<std::pair<double, double>> points;  // x and y, in the order of x.
  };
  struct Panel {
    std::string title;
    std::string y_unit;  // "MB"; may be empty.
    std::vector<Series> series;
    bool y_from_zero = true;  // Else from the least value.
  };

  std::string title;
  std::string x_title;  // "time (s)".
  std::vector<Panel> panels;
};

// An SVG document, which stands alone and keeps to the reader's choice of light or dark.
std::string ToSvg(const Chart& chart);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_SUPPORT_SVG_CHART_H_
