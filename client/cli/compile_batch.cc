#include "client/cli/compile_batch.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/cli/output.h"
#include "client/cli/progress.h"
#include "client/cli/trampoline_text.h"
#include "client/mapping/relocate.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

// Large enough to make a request worthwhile, small enough to show progress.
constexpr size_t kLinesAtOnce = 5000;

absl::StatusOr<CompileRequest> ParseLine(absl::string_view line, CallerProfile profile) {
  const size_t tab = line.find('\t');
  if (std::count(line.begin(), line.end(), '\t') != 1) {
    return MakeError(absl::StatusCode::kInvalidArgument, reason::kMalformedSignature, "",
                     absl::StrCat("a line is TARGET<TAB>SIGNATURE; got \"",
                                  absl::CHexEscape(line.substr(0, 64)), "\""));
  }
  const absl::StatusOr<Target> target = FindTarget(line.substr(0, tab));
  if (!target.ok()) return target.status();
  absl::StatusOr<Signature> signature = Signature::Parse(line.substr(tab + 1));
  if (!signature.ok()) return signature.status();
  return CompileRequest{*std::move(signature), *target, profile};
}

std::vector<std::string> ReadLines(std::istream& input) {
  std::vector<std::string> lines;
  for (std::string line; lines.size() < kLinesAtOnce && std::getline(input, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    lines.push_back(std::move(line));
  }
  return lines;
}

// Compiles the lines that can be read as requests; the others have their error already.
std::vector<absl::StatusOr<Trampoline>> CompileLines(const std::vector<std::string>& lines,
                                                     const BatchOptions& options) {
  std::vector<absl::StatusOr<Trampoline>> results;
  std::vector<CompileRequest> requests;
  std::vector<size_t> positions;
  results.reserve(lines.size());
  for (const std::string& line : lines) {
    absl::StatusOr<CompileRequest> request = ParseLine(line, options.profile);
    if (request.ok()) {
      positions.push_back(results.size());
      requests.push_back(*std::move(request));
      results.emplace_back();
    } else {
      results.push_back(request.status());
    }
  }
  std::vector<absl::StatusOr<Trampoline>> compiled =
      options.source->CompileMany(requests, options.deadline());
  for (size_t i = 0; i < compiled.size(); ++i) results[positions[i]] = std::move(compiled[i]);
  return results;
}

// A line's own text as two fields, whatever tabs it has.
std::string TwoFields(const std::string& line) {
  const size_t tab = line.find('\t');
  if (tab == std::string::npos) return line + "\t";
  std::string fields = line;
  std::replace(fields.begin() + static_cast<ptrdiff_t>(tab) + 1, fields.end(), '\t', ' ');
  return fields;
}

std::string ResultLine(const std::string& line, const absl::StatusOr<Trampoline>& result) {
  if (!result.ok()) {
    return absl::StrCat(TwoFields(line), "\t", CodeName(result.status()), "\t",
                        DetailText(result.status()), "\n");
  }
  return absl::StrCat(line, "\tok\t", result->relocation.callee_offset_bytes, "\t",
                      CodeHex(*result), "\n");
}

}  // namespace

void PatchCallee(uint64_t callee_address, Trampoline& trampoline) {
  Relocate(trampoline.code.data(), trampoline.code.size(),
           trampoline.relocation.callee_offset_bytes, callee_address);
}

absl::StatusOr<BatchCounts> CompileBatch(std::istream& input, std::ostream& output,
                                         const BatchOptions& options) {
  BatchCounts counts;
  Progress progress;
  while (true) {
    const std::vector<std::string> lines = ReadLines(input);
    if (lines.empty()) return counts;
    std::vector<absl::StatusOr<Trampoline>> results = CompileLines(lines, options);
    for (size_t i = 0; i < lines.size(); ++i) {
      if (results[i].ok() && options.callee_address.has_value()) {
        PatchCallee(*options.callee_address, *results[i]);
      }
      output << ResultLine(lines[i], results[i]);
      ++counts.lines;
      if (!results[i].ok()) ++counts.failed;
    }
    output.flush();
    if (!output.good()) return absl::DataLossError("cannot write the output");
    progress.Show(absl::StrCat(counts.lines, " trampolines, ", counts.failed, " failed"));
  }
}

}  // namespace springboard
