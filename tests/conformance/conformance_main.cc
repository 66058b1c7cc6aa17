// Searches for a wrong trampoline for as long as it is told to: tools/conformance.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "tests/conformance/all_runners.h"
#include "tests/conformance/runner.h"
#include "tests/support/runfiles.h"
#include "tests/support/signature_generator.h"

namespace springboard {
namespace {

constexpr int kExitOk = 0;
constexpr int kExitWrong = 1;
constexpr int kExitUsage = 2;
// Of each runner; more would tell the same.
constexpr size_t kShownFailures = 3;

struct Flags {
  uint64_t signatures = 20000;
  uint32_t seed = 1;
  std::string runner;
  std::string json;
};

// One runner's share of the search.
struct Row {
  std::unique_ptr<const Runner> runner;
  size_t cases = 0;
  size_t failures = 0;
  size_t shown = 0;
  absl::Status error;  // Of a runner that does not work.
};

// A piece of work: some signatures for one runner.
struct Batch {
  size_t row;
  uint64_t seed;
  size_t size;
};

class Search {
 public:
  explicit Search(const Flags& flags) : flags_(flags) {
    for (std::unique_ptr<const Runner>& runner : AllRunners()) {
      if (!absl::StrContains(runner->name(), flags.runner)) continue;
      rows_.emplace_back();
      rows_.back().runner = std::move(runner);
    }
    rounds_ = (flags.signatures + kRunnerBatchSize - 1) / kRunnerBatchSize;
  }

  // Works on every processor until all is done.
  void Run() {
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i) {
      threads.emplace_back([this] {
        Batch batch;
        while (Take(batch)) Work(batch);
      });
    }
    for (std::thread& thread : threads) thread.join();
    if (shows_progress_) std::cerr << "\n";
  }

  // Once Run() is over.
  const std::vector<Row>& rows() const ABSL_NO_THREAD_SAFETY_ANALYSIS { return rows_; }

 private:
  bool Take(Batch& batch) {
    const absl::MutexLock lock(&mutex_);
    for (; next_ < rounds_ * rows_.size(); ++next_) {
      const uint64_t round = next_ / rows_.size();
      const size_t row = next_ % rows_.size();
      if (!rows_[row].error.ok()) continue;
      const uint64_t done = round * kRunnerBatchSize;
      batch = {row, uint64_t{flags_.seed} << 32 | round,
               std::min<size_t>(kRunnerBatchSize, flags_.signatures - done)};
      ++next_;
      return true;
    }
    return false;
  }

  void Work(const Batch& batch) {
    SignatureGenerator generator(batch.seed);
    std::vector<Signature> signatures;
    for (size_t i = 0; i < batch.size; ++i) signatures.push_back(generator.Next());
    Report(batch, Examine(RunnerOf(batch), signatures, batch.seed));
  }

  const Runner& RunnerOf(const Batch& batch) {
    const absl::MutexLock lock(&mutex_);
    return *rows_[batch.row].runner;
  }

  void Report(const Batch& batch, const absl::StatusOr<ConformanceResult>& result) {
    const absl::MutexLock lock(&mutex_);
    Row& row = rows_[batch.row];
    ++finished_;
    if (!result.ok()) {
      row.error = result.status();
      return;
    }
    row.cases += result->cases;
    row.failures += result->failures;
    for (const ConformanceFailure& failure : result->shown) {
      if (row.shown++ == kShownFailures) break;
      std::cout << "\n"
                << row.runner->name() << ": " << failure.problem << "\n  " << failure.command
                << std::endl;
    }
    if (!shows_progress_) return;
    std::cerr << "\r" << finished_ << " of " << rounds_ * rows_.size() << " batches" << std::flush;
  }

  const Flags flags_;
  const bool shows_progress_ = isatty(STDERR_FILENO) == 1;
  uint64_t rounds_ = 0;
  absl::Mutex mutex_;
  std::vector<Row> rows_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t finished_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Where the runners' programs and sources are. False if they are not there.
bool EnterRunfiles() {
  std::error_code error;
  std::filesystem::current_path(RunfilesFolder(), error);
  if (error) std::cerr << "conformance: start it by tools/conformance, or from bazel-bin\n";
  return !error;
}

nlohmann::ordered_json ToJson(const std::vector<Row>& rows) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Row& row : rows) {
    list.push_back({{"target", std::string(Info(row.runner->target()).name)},
                    {"runner", row.runner->name()},
                    {"cases", row.cases},
                    {"failures", row.failures}});
    if (!row.error.ok()) list.back()["error"] = row.error.ToString();
  }
  return list;
}

// Prints the table; true if everything is right.
bool Print(const std::vector<Row>& rows) {
  bool all_right = !rows.empty();
  std::cout << absl::StreamFormat("%-16s  %-20s  %8s  %8s\n", "target", "runner", "cases",
                                  "failures");
  for (const Row& row : rows) {
    std::cout << absl::StreamFormat("%-16s  %-20s  %8d  %8d%s\n", Info(row.runner->target()).name,
                                    row.runner->name(), row.cases, row.failures,
                                    row.error.ok() ? "" : "  broken");
    if (!row.error.ok()) std::cerr << row.runner->name() << ": " << row.error << "\n";
    all_right = all_right && row.failures == 0 && row.error.ok();
  }
  return all_right;
}

int Main(int argc, char** argv) {
  Flags flags;
  CLI::App app("Runs random trampolines between real callers and callees, on every target.",
               "conformance");
  app.add_option("--signatures", flags.signatures, "For each target and runner")
      ->check(CLI::Range(uint64_t{1}, uint64_t{1000000000}))
      ->capture_default_str();
  app.add_option("--seed", flags.seed, "Of the signatures and of all values")
      ->capture_default_str();
  app.add_option("--runner", flags.runner, "Only those whose name has this in it")
      ->type_name("TEXT");
  app.add_option("--json", flags.json, "Write the table here too")->type_name("FILE");
  app.footer(
      "Example: tools/conformance --signatures=100000 --seed=7\n"
      "Exit codes: 0 all right, 1 a wrong trampoline or a runner that does not work, 2 usage.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  std::ofstream json;
  if (!flags.json.empty()) {
    json.open(flags.json);
    if (!json.good()) {
      std::cerr << "conformance: cannot write " << flags.json << "\n";
      return kExitUsage;
    }
  }
  if (!EnterRunfiles()) return kExitUsage;
  Search search(flags);
  if (search.rows().empty()) {
    std::cerr << "conformance: no runner has \"" << flags.runner << "\" in its name\n";
    return kExitUsage;
  }
  search.Run();
  const bool all_right = Print(search.rows());
  if (!flags.json.empty()) {
    json << ToJson(search.rows()).dump(2) << std::endl;
    if (!json.good()) {
      std::cerr << "conformance: cannot write " << flags.json << "\n";
      return kExitWrong;
    }
  }
  return all_right ? kExitOk : kExitWrong;
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) { return springboard::Main(argc, argv); }
