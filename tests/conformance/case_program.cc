#include "tests/conformance/case_program.h"

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

struct Report {
  std::vector<WrongTrampoline> wrong;
  size_t next = 0;  // Behind the last case that began.
  bool is_done = false;
};

// Takes the number at the front of `text`, and the space behind it.
size_t TakeIndex(absl::string_view& text) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits(' ', 1));
  size_t index = 0;
  if (!absl::SimpleAtoi(parts.first, &index)) index = 0;
  text = parts.second;
  return index;
}

Report ReadReport(absl::string_view out) {
  Report report;
  for (absl::string_view line : absl::StrSplit(out, '\n')) {
    // Windows programs end lines with \r\n.
    absl::ConsumeSuffix(&line, "\r");
    if (absl::ConsumePrefix(&line, "begin ")) {
      report.next = TakeIndex(line) + 1;
    } else if (absl::ConsumePrefix(&line, "wrong ")) {
      const size_t index = TakeIndex(line);
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
  for (int crashes = 0; crashes < kMaxCrashes; ++crashes) {
    std::vector<std::string> line = command;
    line.push_back(absl::StrCat(first));
    const ProcessResult result = RunProgram(line, input);
    const Report report = ReadReport(result.out);
    wrong.insert(wrong.end(), report.wrong.begin(), report.wrong.end());
    if (report.is_done && report.next == count) return wrong;
    if (report.next <= first) {
      return absl::InternalError(absl::StrCat(command[0], " ran no case and ended with ",
                                              result.exit_code, ": ", result.out.substr(0, 1000),
                                              result.err.substr(0, 1000)));
    }
    wrong.push_back(
        {report.next - 1, absl::StrCat("the program ended in this call, with exit code ",
                                       result.exit_code, ": ", result.err.substr(0, 1000))});
    first = report.next;
    if (first == count) return wrong;
  }
  return absl::InternalError(
      absl::StrCat(command[0], " ended in ", kMaxCrashes, " cases, the last of them ", first - 1));
}

}  // namespace springboard
