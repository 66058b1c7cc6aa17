#include "tests/conformance/case_program.h"

#include <chrono>
#include <iterator>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

constexpr int kMaxCrashes = 10;
// Of a whole program; its cases take milliseconds.
constexpr std::chrono::seconds kTimeLimit = std::chrono::minutes(3);

struct Report {
  std::vector<WrongTrampoline> wrong;
  size_t next = 0;  // Behind the last case that began.
  bool is_done = false;
  bool is_valid = true;
};

// Takes the number at the front of `text`, and the space behind it; false if there is none.
bool TakeIndex(absl::string_view& text, size_t& index) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits(' ', 1));
  text = parts.second;
  return absl::SimpleAtoi(parts.first, &index);
}

// Every case begins behind the one before, and is wrong while it runs.
Report ReadReport(absl::string_view out, size_t first) {
  Report report;
  report.next = first;
  size_t index = 0;
  for (absl::string_view line : absl::StrSplit(out, '\n')) {
    // Windows programs end lines with \r\n.
    absl::ConsumeSuffix(&line, "\r");
    if (absl::ConsumePrefix(&line, "begin ")) {
      report.is_valid &= TakeIndex(line, index) && index == report.next;
      ++report.next;
    } else if (absl::ConsumePrefix(&line, "wrong ")) {
      report.is_valid &= TakeIndex(line, index) && index + 1 == report.next && index >= first;
      report.wrong.push_back({index, std::string(line)});
    } else if (line == "done") {
      report.is_done = true;
    }
  }
  return report;
}

}  // namespace

absl::StatusOr<std::vector<WrongTrampoline>> RunCaseProgram(const std::vector<std::string>& command,
                                                            const std::string& input,
                                                            size_t count) {
  std::vector<WrongTrampoline> wrong;
  size_t first = 0;
  for (int crashes = 0; crashes < kMaxCrashes && first < count; ++crashes) {
    std::vector<std::string> line = command;
    line.push_back(absl::StrCat(first));
    const ProcessResult result = RunProgram(line, input, kTimeLimit);
    Report report = ReadReport(result.out, first);
    if (!report.is_valid || report.next > count || report.next == first ||
        (report.is_done && report.next < count)) {
      return absl::InternalError(absl::StrCat(
          command[0], " ended with ", result.exit_code,
          " without a valid report: ", result.out.substr(0, 1000), result.err.substr(0, 1000)));
    }
    const bool was_wrong = !report.wrong.empty() && report.wrong.back().index + 1 == report.next;
    wrong.insert(wrong.end(), std::make_move_iterator(report.wrong.begin()),
                 std::make_move_iterator(report.wrong.end()));
    if (report.is_done) return wrong;
    first = report.next;
    if (was_wrong) continue;
    wrong.push_back({first - 1, absl::StrCat("the program ended in this call, with exit code ",
                                             result.exit_code, ": ", result.err.substr(0, 1000))});
  }
  if (first < count) {
    absl::StrAppend(&wrong.back().problem, " (the ", count - first,
                    " cases behind it were not run)");
  }
  return wrong;
}

}  // namespace springboard
