// Searches for a wrong trampoline for as long as it is told to: tools/conformance.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "tests/conformance/all_runners.h"
#include "tests/conformance/runner.h"
#include "tests/support/signature_generator.h"

namespace springboard {
namespace {

constexpr size_t kBatchSize = 500;

struct Flags {
  size_t signatures = 20000;
  uint32_t seed = 1;
  std::string json;
};

// One runner's share of the search.
struct Row {
  std::unique_ptr<const Runner> runner;
  size_t cases = 0;
  size_t failures = 0;
};

// A piece of work: some signatures for one runner.
struct Batch {
  size_t row;
  uint32_t seed;
  size_t size;
};

class Search {
 public:
  explicit Search(const Flags& flags) {
    for (std::unique_ptr<const Runner>& runner : AllRunners()) {
      rows_.push_back({std::move(runner)});
    }
    uint32_t seed = flags.seed;
    for (size_t done = 0; done < flags.signatures; done += kBatchSize) {
      const size_t size = std::min(kBatchSize, flags.signatures - done);
      for (size_t row = 0; row < rows_.size(); ++row) batches_.push_back({row, seed, size});
      ++seed;
    }
  }

  // Works on every processor until all is done. False if a runner does not work.
  bool Run() {
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i) {
      threads.emplace_back([this] { Work(); });
    }
    for (std::thread& thread : threads) thread.join();
    std::cerr << "\n";
    return !broken_;
  }

  const std::vector<Row>& rows() const { return rows_; }

 private:
  void Work() {
    while (true) {
      Batch batch;
      {
        const absl::MutexLock lock(&mutex_);
        if (next_ == batches_.size() || broken_) return;
        batch = batches_[next_++];
      }
      SignatureGenerator generator(batch.seed);
      std::vector<Signature> signatures;
      for (size_t i = 0; i < batch.size; ++i) signatures.push_back(generator.Next());
      Report(batch, Examine(*rows_[batch.row].runner, signatures));
    }
  }

  void Report(const Batch& batch, const absl::StatusOr<ConformanceResult>& result) {
    const absl::MutexLock lock(&mutex_);
    Row& row = rows_[batch.row];
    if (!result.ok()) {
      std::cerr << "\n"
                << row.runner->target() << ", " << row.runner->name() << ": " << result.status()
                << "\n";
      broken_ = true;
      return;
    }
    row.cases += result->cases;
    row.failures += result->failures;
    for (const ConformanceFailure& failure : result->shown) {
      std::cout << "\n" << failure.problem << "\n  " << failure.command << "\n";
    }
    ++finished_;
    std::cerr << "\r" << finished_ << " of " << batches_.size() << " batches" << std::flush;
  }

  absl::Mutex mutex_;
  std::vector<Row> rows_;
  std::vector<Batch> batches_;
  size_t next_ = 0;
  size_t finished_ = 0;
  bool broken_ = false;
};

// Where the runners' programs and sources are.
void EnterRunfiles() {
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
  std::filesystem::current_path(self.string() + ".runfiles/springboard");
}

bool WriteJson(const std::vector<Row>& rows, const std::string& path) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Row& row : rows) {
    list.push_back({{"target", std::string(Info(row.runner->target()).name)},
                    {"runner", row.runner->name()},
                    {"cases", row.cases},
                    {"failures", row.failures}});
  }
  std::ofstream file(path);
  file << list.dump(2) << "\n";
  return file.good();
}

int Main(int argc, char** argv) {
  Flags flags;
  CLI::App app("Runs random trampolines between real callers and callees, on every target.",
               "conformance");
  app.add_option("--signatures", flags.signatures, "For each target and runner")
      ->capture_default_str();
  app.add_option("--seed", flags.seed, "Of the signatures")->capture_default_str();
  app.add_option("--json", flags.json, "Write the table here too")->type_name("FILE");
  app.footer(
      "Example: tools/conformance --signatures=100000 --seed=7\n"
      "Exit codes: 0 all right, 1 a wrong trampoline or a runner that does not work, 2 usage.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (!flags.json.empty()) flags.json = std::filesystem::absolute(flags.json);
  EnterRunfiles();
  Search search(flags);
  const bool ran = search.Run();
  bool all_right = ran;
  std::cout << absl::StreamFormat("%-16s  %-20s  %8s  %8s\n", "target", "runner", "cases",
                                  "failures");
  for (const Row& row : search.rows()) {
    std::cout << absl::StreamFormat("%-16s  %-20s  %8d  %8d\n", Info(row.runner->target()).name,
                                    row.runner->name(), row.cases, row.failures);
    all_right = all_right && row.failures == 0;
  }
  if (!flags.json.empty() && !WriteJson(search.rows(), flags.json)) {
    std::cerr << "conformance: cannot write " << flags.json << "\n";
    return 1;
  }
  return all_right ? 0 : 1;
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) { return springboard::Main(argc, argv); }
