// Keeps a server busy for long, and looks at what it takes: tools/soak.

#include <signal.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/log.h"
#include "tests/soak/mixed_load.h"
#include "tests/soak/rotating_certificate.h"
#include "tests/soak/soak_history.h"
#include "tests/soak/verdict.h"
#include "tests/support/files.h"
#include "tests/support/subprocess.h"
#include "tests/support/unique_name.h"

namespace springboard {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

constexpr absl::Duration kSampleEvery = absl::Milliseconds(250);
constexpr absl::Duration kLatencyEvery = absl::Seconds(1);
constexpr absl::Duration kRotateEvery = absl::Seconds(3);
constexpr absl::Duration kPrintEvery = absl::Seconds(10);
// How long the server may take to notice that all connections are gone, and to let go of what it
// had for them.
constexpr absl::Duration kSettleWithin = absl::Seconds(30);
constexpr int kSettledSamples = 26;  // That are equal: longer than the server keeps what is free.

std::atomic<bool> is_interrupted = false;

struct Options {
  double minutes = 10;
  double warmup_seconds = 150;
  std::string server = "server/springboard_server";
  std::string chart = "soak.svg";
};

// The server's program with TLS and without.
class ServerUnderSoak {
 public:
  ServerUnderSoak(const std::string& program, const RotatingCertificate& certificate)
      : path_(absl::StrCat("/tmp/", UniqueName())),
        // What it logs goes nowhere: it is told of many requests that are not as they should be.
        program_({"/bin/sh", "-c", "exec \"$0\" \"$@\" 2>/dev/null", program,
                  "--listen=unix:" + path_, "--listen=127.0.0.1:0",
                  "--tls_certificate=" + certificate.path()}) {
    const std::string line = program_.ReadLine();
    const std::vector<std::string> addresses =
        absl::StrSplit(absl::StripPrefix(line, "listening on "), ' ');
    if (addresses.size() != 2) return;
    server_ = {addresses[0], addresses[1], certificate.authority()};
  }
  ~ServerUnderSoak() {
    for (const char* const suffix : {"", ".lock"}) std::remove((path_ + suffix).c_str());
  }
  ServerUnderSoak(const ServerUnderSoak&) = delete;
  ServerUnderSoak& operator=(const ServerUnderSoak&) = delete;

  bool is_serving() const { return !server_.unix_address.empty(); }
  const SoakServer& server() const { return server_; }
  std::optional<ProcessSample> Sample() const { return SampleProcess(program_.pid()); }

  // Returns its exit code.
  int Stop() {
    kill(program_.pid(), SIGTERM);
    return program_.Wait();
  }

 private:
  const std::string path_;
  RunningProgram program_;
  SoakServer server_;
};

// A table of how it goes.
class Progress {
 public:
  void Print(absl::Duration elapsed, const SoakCounts& counts, const ProcessSample& sample,
             const SoakHistory::Latency& latency) {
    if (lines_++ % 20 == 0) {
      std::cout
          << "   time     calls/s  trampolines/s    p50 ms    p99 ms  memory MB  descriptors  "
             "threads  wrong\n";
    }
    const double seconds = absl::ToDoubleSeconds(elapsed - elapsed_);
    std::cout << absl::StreamFormat(
                     "%7.0f  %10.0f  %13.0f  %8.2f  %8.2f  %9.2f  %11d  %7d  %5d\n",
                     absl::ToDoubleSeconds(elapsed),
                     static_cast<double>(counts.all_calls() - counts_.all_calls()) / seconds,
                     static_cast<double>(counts.trampolines - counts_.trampolines) / seconds,
                     latency.p50_ms, latency.p99_ms, sample.resident_megabytes, sample.descriptors,
                     sample.threads, counts.wrong)
              << std::flush;
    elapsed_ = elapsed;
    counts_ = counts;
  }

 private:
  int lines_ = 0;
  absl::Duration elapsed_;
  SoakCounts counts_;
};

// Something that is due every so often.
class Every {
 public:
  explicit Every(absl::Duration period) : period_(period), next_(absl::Now() + period) {}
  bool IsDue() {
    if (absl::Now() < next_) return false;
    next_ += period_;
    return true;
  }

 private:
  const absl::Duration period_;
  absl::Time next_;
};

// One soak of one server.
class Soak {
 public:
  Soak(ServerUnderSoak& server, RotatingCertificate& certificate)
      : server_(server), certificate_(certificate) {}

  // Load of all kinds, that of each seed at the same time, for so long or until something is wrong.
  void Load(absl::Duration duration, const std::vector<uint64_t>& seeds) {
    Every latency(kLatencyEvery);
    Every rotation(kRotateEvery);
    Every line(kPrintEvery);
    std::vector<std::unique_ptr<MixedLoad>> loads;
    for (const uint64_t seed : seeds) {
      loads.push_back(std::make_unique<MixedLoad>(server_.server(), seed, tally_));
    }
    const absl::Time end = absl::Now() + duration;
    while (absl::Now() < end && !is_interrupted && tally_.counts().wrong == 0) {
      absl::SleepFor(kSampleEvery);
      const std::optional<ProcessSample> sample = Sample();
      if (!sample.has_value()) return;
      if (latency.IsDue()) AddLatency();
      if (rotation.IsDue() && certificate_.Rotate()) ++rotations_;
      if (line.IsDue() && !history_.latencies.empty()) {
        progress_.Print(elapsed(), tally_.counts(), *sample, history_.latencies.back());
      }
    }
  }

  // What the server has once it has let go of all connections and of what they took; nothing if it
  // is gone.
  std::optional<ProcessSample> Rest() {
    std::optional<ProcessSample> last = Sample();
    const absl::Time end = absl::Now() + kSettleWithin;
    for (int equal = 0; equal < kSettledSamples && absl::Now() < end && last.has_value();) {
      absl::SleepFor(kSampleEvery);
      const std::optional<ProcessSample> sample = Sample();
      const bool is_equal = sample.has_value() && sample->descriptors == last->descriptors &&
                            sample->threads == last->threads;
      equal = is_equal ? equal + 1 : 0;
      last = sample;
    }
    return last;
  }

  SoakCounts counts() const { return tally_.counts(); }
  int rotations() const { return rotations_; }
  const SoakHistory& history() const { return history_; }

 private:
  absl::Duration elapsed() const { return absl::Now() - start_; }

  std::optional<ProcessSample> Sample() {
    const std::optional<ProcessSample> sample = server_.Sample();
    if (sample.has_value()) {
      history_.process.push_back({absl::ToDoubleSeconds(elapsed()), *sample});
    }
    return sample;
  }

  void AddLatency() {
    const LatencyHistogram latencies = tally_.TakeLatencies();
    if (latencies.count() == 0) return;
    history_.latencies.push_back({absl::ToDoubleSeconds(elapsed()),
                                  absl::ToDoubleMilliseconds(latencies.Quantile(0.5)),
                                  absl::ToDoubleMilliseconds(latencies.Quantile(0.99))});
  }

  ServerUnderSoak& server_;
  RotatingCertificate& certificate_;
  const absl::Time start_ = absl::Now();
  SoakTally tally_;
  SoakHistory history_;
  Progress progress_;
  int rotations_ = 0;
};

// What is wrong apart from growth, a line each.
std::string WhatFailed(const SoakCounts& counts, int rotations, int exit_code) {
  std::string text;
  if (counts.wrong > 0) {
    absl::StrAppend(&text, counts.wrong, " calls ended wrong; the first: ", counts.first_wrong,
                    "\n");
  }
  for (size_t i = 0; i < counts.calls.size(); ++i) {
    if (counts.calls[i] == 0) absl::StrAppend(&text, "no call of kind ", kLoadKindNames[i], "\n");
  }
  if (counts.cut_short == 0) absl::StrAppend(&text, "no call was cancelled before its answer\n");
  // The server looks every second, and a client sees the last of a load only if it is not the first
  // of the next.
  if (2 * counts.certificates < static_cast<uint64_t>(rotations)) {
    absl::StrAppend(&text, "clients saw ", counts.certificates, " of ", rotations + 1,
                    " certificates\n");
  }
  if (exit_code != 0) absl::StrAppend(&text, "the server ended with code ", exit_code, "\n");
  return text;
}

void PrintCounts(const SoakCounts& counts, int rotations) {
  for (size_t i = 0; i < counts.calls.size(); ++i) {
    std::cout << absl::StreamFormat("%-12s %10d calls\n", kLoadKindNames[i], counts.calls[i]);
  }
  std::cout << counts.trampolines << " trampolines compared; " << counts.cut_short
            << " calls cut short; clients saw " << counts.certificates << " of " << rotations + 1
            << " certificates\n";
}

// The last lines; returns the exit code.
int PrintVerdict(const SoakSamples& samples, const Soak& soak, int server_exit) {
  const SoakCounts counts = soak.counts();
  PrintCounts(counts, soak.rotations());
  const std::string complaints =
      WhatFailed(counts, soak.rotations(), server_exit) + WhatGrew(samples);
  std::cout << complaints
            << absl::StreamFormat(
                   "%s: %d calls, %d wrong; at rest before and after: memory %.2f and %.2f MB "
                   "(%+.2f %%), descriptors %d and %d, threads %d and %d\n",
                   complaints.empty() ? "steady" : "NOT STEADY", counts.all_calls(), counts.wrong,
                   samples.before.resident_megabytes, samples.after.resident_megabytes,
                   100 * MemoryDrift(samples), samples.before.descriptors,
                   samples.after.descriptors, samples.before.threads, samples.after.threads);
  return complaints.empty() ? 0 : kExitFailed;
}

int Fail(const std::string& message) {
  std::cerr << "soak: " << message << "\n";
  return kExitFailed;
}

int Run(const Options& options) {
  SetClientLogSink([](absl::string_view /*line*/) {});
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/1);
  std::signal(SIGPIPE, SIG_IGN);
  for (const int signal : {SIGINT, SIGTERM}) {
    std::signal(signal, [](int /*signal*/) { is_interrupted = true; });
  }
  RotatingCertificate certificate;
  if (!certificate.is_good()) return Fail("openssl cannot make certificates");
  ServerUnderSoak server(options.server, certificate);
  if (!server.is_serving()) return Fail("the server does not start: run it by hand to see why");
  Soak soak(server, certificate);
  std::cout << "warm-up of " << options.warmup_seconds << " s\n";
  soak.Load(absl::Seconds(options.warmup_seconds), /*seeds=*/{1, 2});
  const std::optional<ProcessSample> before = soak.Rest();
  std::cout << "soak of " << options.minutes << " minutes\n";
  soak.Load(absl::Minutes(options.minutes), /*seeds=*/{3});
  const std::optional<ProcessSample> after = soak.Rest();
  const bool is_written = WriteFile(
      options.chart, SoakChart(soak.history(), absl::StrFormat("Server under mixed load, %.4g min",
                                                               options.minutes)));
  const int server_exit = server.Stop();
  if (!before.has_value() || !after.has_value()) {
    return Fail(absl::StrCat("the server is gone, with exit code ", server_exit,
                             "; the first wrong call: ", soak.counts().first_wrong));
  }
  if (!is_written) return Fail("cannot write " + options.chart);
  return PrintVerdict({*before, *after}, soak, server_exit);
}

int Main(int argc, char** argv) {
  CLI::App program(
      "Keeps a server busy with calls of all kinds: unary ones and batches, bad requests, "
      "cancelled\n"
      "calls, new connections, over TLS with a certificate that is replaced every 3 s and over a\n"
      "unix socket. Every answer is compared with what this process compiles. The server at rest\n"
      "after the load must not have more memory than at rest before it, but for 1 %, nor more\n"
      "descriptors and threads. Ctrl-C ends it early, with the verdict.",
      "soak");
  program.footer(
      "A server's memory grows until its heaps have met the largest batches together with what\n"
      "else there is: hence the warm-up, with twice the load.\n"
      "Exit codes: 0 steady, 1 something was wrong, grew or could not be started, 2 wrong usage.");
  Options options;
  program.add_option("--minutes", options.minutes, "How long, without the warm-up")
      ->check(CLI::Range(0.05, 7.0 * 24 * 60))
      ->capture_default_str();
  program
      .add_option("--warmup-seconds", options.warmup_seconds, "Load before the server is judged")
      ->check(CLI::Range(1.0, 3600.0))
      ->capture_default_str();
  program.add_option("--server", options.server, "The server's program")
      ->check(CLI::ExistingFile)
      ->capture_default_str();
  program.add_option("--chart", options.chart, "Memory, descriptors, threads and latency, in SVG")
      ->type_name("FILE")
      ->capture_default_str();
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : kExitUsage;
  }
  return Run(options);
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) { return springboard::Main(argc, argv); }
