#include "tests/bench/bench_server.h"

#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "tests/support/files.h"
#include "tests/support/runfiles.h"

namespace springboard {
namespace {

std::vector<std::string> Command(const std::string& program, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), absl::StrCat(RunfilesFolder(), "/", program));
  return arguments;
}

}  // namespace

BenchServer::BenchServer(const std::string& program, std::vector<std::string> arguments)
    : program_(Command(program, std::move(arguments)), "/dev/null") {
  const std::string line = program_.ReadLine();
  absl::string_view rest = line;
  if (!absl::ConsumePrefix(&rest, "listening on ")) {
    std::fprintf(stderr, "%s did not start: %s\n", program.c_str(), line.c_str());
    std::exit(1);
  }
  address_ = std::string(rest);
}

BenchServer::~BenchServer() {
  absl::string_view path = address_;
  if (!absl::ConsumePrefix(&path, "unix:")) return;
  // Who is killed leaves them.
  for (const char* const end : {"", ".lock"}) std::remove(absl::StrCat(path, end).c_str());
}

double BenchServer::CpuNanoseconds() const {
  clockid_t clock = 0;
  timespec time = {};
  if (clock_getcpuclockid(program_.pid(), &clock) != 0 || clock_gettime(clock, &time) != 0)
    return 0;
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

double BenchServer::ResidentBytes() const { return BytesOf("smaps_rollup", "Rss:"); }

double BenchServer::PeakBytes() const { return BytesOf("status", "VmHWM:"); }

void BenchServer::ResetPeak() {
  WriteFile(absl::StrCat("/proc/", program_.pid(), "/clear_refs"), "5");
}

double BenchServer::BytesOf(absl::string_view file, absl::string_view field) const {
  const std::string text = ReadFile(absl::StrCat("/proc/", program_.pid(), "/", file));
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    double kilobytes = 0;
    if (absl::ConsumePrefix(&line, field) && absl::ConsumeSuffix(&line, " kB") &&
        absl::SimpleAtod(absl::StripAsciiWhitespace(line), &kilobytes)) {
      return 1024 * kilobytes;
    }
  }
  return 0;
}

}  // namespace springboard
