// Gives the verifier mutants of many trampolines: tools/verify-mutants.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <iostream>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "compiler/target.h"
#include "tests/client/verifier/mutants.h"

namespace springboard {
namespace {

// Signatures whose mutants are one piece of work.
constexpr int kPieceSize = 50;

struct Piece {
  Target target;
  int signatures;
  uint32_t seed;
};

int Main(int argc, char** argv) {
  int trampolines = 10000;
  int random_count = 200;
  uint32_t seed = 1;
  CLI::App app("Verifies mutants of trampolines, and executes what is accepted.", "verify-mutants");
  app.add_option("--trampolines", trampolines, "Over all targets")
      ->check(CLI::Range(5, 100000000))
      ->capture_default_str();
  app.add_option("--random", random_count,
                 "Mutants of each random kind for each trampoline, beside every bit flip")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  app.add_option("--seed", seed, "Of signatures and mutants")->capture_default_str();
  app.footer("Exit codes: 0 no false accept, 1 any, 2 wrong usage.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  std::vector<Piece> pieces;
  const int for_each_target = trampolines / static_cast<int>(AllTargets().size());
  for (int done = 0; done < for_each_target; done += kPieceSize) {
    for (const TargetInfo& row : AllTargets()) {
      pieces.push_back({row.target, std::min(kPieceSize, for_each_target - done), seed});
    }
    ++seed;
  }
  std::atomic<size_t> next = 0;
  absl::Mutex mutex;
  MutantReport report;
  size_t finished = 0;
  const auto work = [&] {
    for (size_t i = next++; i < pieces.size(); i = next++) {
      const MutantReport part =
          VerifyMutants(pieces[i].target, pieces[i].signatures, random_count, pieces[i].seed);
      const absl::MutexLock lock(&mutex);
      report.Add(part);
      std::cerr << "\r" << ++finished << " of " << pieces.size() << " parts" << std::flush;
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i) {
    threads.emplace_back(work);
  }
  for (std::thread& thread : threads) thread.join();
  std::cerr << "\n";

  for (const std::string& example : report.examples) std::cout << example << "\n";
  std::cout << report.trampolines << " trampolines\n" << report.ToString() << std::flush;
  return report.false_accepts() == 0 && report.examples.empty() && std::cout.good() ? 0 : 1;
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) { return springboard::Main(argc, argv); }
