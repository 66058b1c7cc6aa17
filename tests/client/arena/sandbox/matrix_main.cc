// Locks processes down and maps trampolines in them: tools/sandbox-matrix.

#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "client/arena/refusal.h"
#include "tests/client/arena/all_ways.h"
#include "tests/client/arena/sandbox/cell.h"
#include "tests/client/arena/sandbox/lockdown.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

using Kind = CellResult::Kind;

constexpr int kExitWrong = 1;
constexpr int kExitUsage = 2;

// The column behind them: whatever works first.
constexpr size_t kAnyWay = std::size(kAllWays);

constexpr const char* kKindNames[] = {"works", "refused", "skipped", "wrong"};

// In a process of its own, which prints its kind and text.
CellResult RunElsewhere(const std::string& program, size_t lockdown, size_t way) {
  const ProcessResult process =
      RunProgram({program, absl::StrCat("--lockdown=", lockdown), absl::StrCat("--way=", way)}, "",
                 std::chrono::seconds(60));
  for (int kind = 0; kind < 4; ++kind) {
    const std::string begin = absl::StrCat(kKindNames[kind], " ");
    if (process.exit_code == 0 && absl::StartsWith(process.out, begin)) {
      return {static_cast<Kind>(kind), process.out.substr(begin.size())};
    }
  }
  return {Kind::kWrong, absl::StrCat("the process ended with ", process.exit_code, ": ",
                                     process.out, process.err)};
}

// Holds what happened against what should.
CellResult Judge(const Lockdown& lockdown, MappingWay way, CellResult result) {
  if (result.kind == Kind::kWrong || result.kind == Kind::kSkipped) return result;
  for (const Lockdown::Refused& refused : lockdown.refused) {
    if (refused.way != way) continue;
    if (result.kind != Kind::kRefused) {
      return {Kind::kWrong, absl::StrCat("should be refused by ", refused.cause)};
    }
    if (!absl::StrContains(result.text, refused.cause)) {
      return {Kind::kWrong, absl::StrCat(result.text, " does not blame ", refused.cause)};
    }
    return result;
  }
  if (result.kind == Kind::kRefused) return {Kind::kWrong, result.text};
  return result;
}

// Without a way that is named: the first that is not refused, and before it a refusal of each that
// is, by what is to be blamed.
CellResult JudgeAny(const Lockdown& lockdown, const CellResult& result) {
  if (result.kind != Kind::kWorks) {
    return result.kind == Kind::kRefused ? CellResult{Kind::kWrong, result.text} : result;
  }
  const std::vector<std::string> parts = absl::StrSplit(result.text, "; ");
  size_t refusals = 0;
  for (const MappingWay way : kAllWays) {
    const auto refused =
        std::find_if(lockdown.refused.begin(), lockdown.refused.end(),
                     [way](const Lockdown::Refused& one) { return one.way == way; });
    if (refused == lockdown.refused.end()) {
      const bool is_right = parts[0] == Name(way) && parts.size() == refusals + 1;
      return is_right ? result
                      : CellResult{Kind::kWrong, absl::StrCat(result.text, ", not ", Name(way))};
    }
    ++refusals;
    if (refusals >= parts.size() || !absl::StartsWith(parts[refusals], Name(way)) ||
        !absl::StrContains(parts[refusals], refused->cause)) {
      return {Kind::kWrong,
              absl::StrCat(result.text, ": no refusal of ", Name(way), " by ", refused->cause)};
    }
  }
  return {Kind::kWrong, absl::StrCat(result.text, " should not work")};
}

int RunMatrix(const std::string& program) {
  std::cout << absl::StreamFormat("%-28s", "");
  for (const MappingWay way : kAllWays) std::cout << absl::StreamFormat("%-16s", Name(way));
  std::cout << "any\n";
  size_t cells = 0;
  size_t wrong = 0;
  size_t skipped = 0;
  std::vector<std::string> notes;
  for (size_t row = 0; row < Lockdowns().size(); ++row) {
    const Lockdown& lockdown = Lockdowns()[row];
    std::cout << absl::StreamFormat("%-28s", lockdown.name);
    for (size_t column = 0; column <= kAnyWay; ++column) {
      const CellResult happened = RunElsewhere(program, row, column);
      const CellResult result = column == kAnyWay ? JudgeAny(lockdown, happened)
                                                  : Judge(lockdown, kAllWays[column], happened);
      ++cells;
      wrong += result.kind == Kind::kWrong ? 1 : 0;
      skipped += result.kind == Kind::kSkipped ? 1 : 0;
      std::string text = kKindNames[static_cast<int>(result.kind)];
      if (column == kAnyWay && result.kind == Kind::kWorks) {
        text = result.text.substr(0, result.text.find(';'));
      }
      if (result.kind != Kind::kWorks) {
        notes.push_back(result.text);
        absl::StrAppend(&text, " [", notes.size(), "]");
      }
      std::cout << absl::StreamFormat("%-16s", text) << std::flush;
    }
    std::cout << "\n";
  }
  std::cout << "\n";
  for (size_t i = 0; i < notes.size(); ++i) {
    std::cout << absl::StreamFormat("[%d] %s\n", i + 1, notes[i]);
  }
  std::cout << absl::StreamFormat("\n%d cells, %d wrong, %d skipped\n", cells, wrong, skipped);
  return wrong == 0 ? 0 : kExitWrong;
}

int Main(int argc, char** argv) {
  CLI::App program(
      "Locks processes down in the ways that hardened programs do, maps trampolines in them in\n"
      "every way, and calls functions through them; where a way is refused, the error must be\n"
      "typed and name what refused.",
      "sandbox-matrix");
  program.footer("Exit codes: 0 no cell is wrong, 1 any is, 2 wrong usage.");
  std::optional<size_t> lockdown;
  std::optional<size_t> way;
  program.add_option("--lockdown", lockdown, "For its own use: one cell")->group("");
  program.add_option("--way", way, "For its own use: one cell")->group("");
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : kExitUsage;
  }
  if (!lockdown.has_value() || !way.has_value()) return RunMatrix("/proc/self/exe");
  if (*lockdown >= Lockdowns().size() || *way > kAnyWay) return kExitUsage;
  const CellResult result =
      RunCell(Lockdowns()[*lockdown],
              *way == kAnyWay ? std::nullopt : std::optional<MappingWay>(kAllWays[*way]));
  const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
  setrlimit(RLIMIT_FSIZE, &unlimited);
  std::cout << kKindNames[static_cast<int>(result.kind)] << " " << result.text << std::flush;
  // Without destructors: what they need may be forbidden now.
  std::_Exit(0);
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) { return springboard::Main(argc, argv); }
