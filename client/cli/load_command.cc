#include <pthread.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "client/cli/command.h"
#include "client/cli/load_display.h"
#include "client/cli/load_generator.h"
#include "client/cli/load_report.h"
#include "client/cli/output.h"
#include "client/cli/signature_file.h"
#include "client/cli/source_flags.h"
#include "client/host_target.h"

namespace springboard {
namespace {

constexpr char kCommand[] = "load";

constexpr char kFooter[] =
    "Examples:\n"
    "  springboard load --server=unix:/run/springboard.sock --seconds=30 --in-flight=16\n"
    "  springboard load --server=build1:7443 --tls-authorities=ca.pem --batch=1000 --json\n"
    "\n"
    "A call is made as soon as another one ends, so that so many are always under way, over one\n"
    "connection: it is the server that sets the pace. Latencies are from before a call is made to\n"
    "when its answer has been read. Calls under way when the time is up are finished and counted.\n"
    "Ctrl-C ends it early, with the report.\n"
    "Exit codes: 0 every call was answered, 1 any failed or nothing could be reached, 2 wrong\n"
    "usage.";

// Of the kinds that programs have: few and many parameters, in registers and on the stack, narrow
// and wide, floats, buffers.
constexpr const char* kSignatures[] = {
    "void()",
    "i32()",
    "i32(i32)",
    "f64(f64,f64)",
    "usize(buffer)",
    "bool(u8,u16)",
    "i64(pointer,i64)",
    "u32(u32,buffer,usize)",
    "i32(pointer,buffer,i32,u32)",
    "void(f32,f32,f32,f32)",
    "u64(i8,i16,i32,i64,u8,u16)",
    "pointer(pointer,usize,usize,pointer)",
    "i32(buffer,usize,buffer,usize,i32,i32,bool)",
    "f64(i32,f64,i32,f64,i32,f64,i32,f64,i32,f64)",
    "void(u8,i8,u16,i16,u32,i32,u64,i64,f32,f64,bool,pointer)",
    "f32(f32,f32,f32,f32,f32,f32,f32,f32,f32,f32,f32,f32,u8,i16)",
    "i32(pointer,i32,i32,i32,i32,buffer,usize,u32,u32,f64,f64,f64,f64,bool,bool,pointer)",
    "u64(buffer,buffer,buffer,buffer,u64,u64,u64,u64,i8,i8,i16,i16,i32,i32,f32,f64,f32,f64,u8,u8)",
};

struct LoadFlags {
  uint32_t seconds = 10;
  uint32_t in_flight = 16;
  uint32_t batch = 1;
  std::string signatures;
  std::vector<std::string> targets = {
      std::string(HostTarget().has_value() ? Info(*HostTarget()).name : "")};
  std::string profile = std::string(Info(CallerProfile::kV8_10).name);
  bool is_verifying = false;
  bool is_json = false;
  bool is_verbose = false;
  SourceFlags source;
};

// SIGINT and SIGTERM are waited for, not died of.
class StopSignals {
 public:
  // Blocks them, in all threads made from now on.
  StopSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // True if one came. From then on they end the process.
  bool Wait(absl::Duration duration) {
    const timespec timeout = absl::ToTimespec(std::max(duration, absl::ZeroDuration()));
    if (sigtimedwait(&signals_, nullptr, &timeout) < 0) return false;
    pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
    return true;
  }

 private:
  sigset_t signals_;
};

// Since the beginning, whatever is done to the time of day.
class Stopwatch {
 public:
  absl::Duration elapsed() const {
    return absl::FromChrono(std::chrono::steady_clock::now() - start_);
  }

 private:
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

absl::StatusOr<std::vector<CompileRequest>> RequestsOf(const LoadFlags& flags) {
  absl::StatusOr<std::vector<Signature>> signatures = std::vector<Signature>();
  if (!flags.signatures.empty()) {
    signatures = ReadSignatures(flags.signatures);
    if (!signatures.ok()) return signatures.status();
    if (signatures->empty()) {
      return absl::InvalidArgumentError(absl::StrCat("no signatures in ", flags.signatures));
    }
  } else {
    for (const char* const text : kSignatures) signatures->push_back(*Signature::Parse(text));
  }
  return MakeRequests(*signatures, flags.targets, flags.profile);
}

// Makes the load, and shows it, until its time is up or a signal comes.
LoadResult RunLoad(const LoadFlags& flags, LoadOptions options,
                   std::shared_ptr<TrampolineSource> source, StopSignals& signals) {
  LoadResult result;
  result.what = absl::StrCat(flags.source.server(), ", ", flags.in_flight, " in flight, ",
                             flags.batch == 1 ? "unary" : absl::StrCat("batches of ", flags.batch),
                             ", ", absl::StrJoin(flags.targets, " "));
  result.in_flight = flags.in_flight;
  result.batch = flags.batch;
  const absl::Duration planned = absl::Seconds(flags.seconds);
  LoadDisplay display(result.what, planned, flags.is_verbose);
  const Stopwatch stopwatch;
  LoadGenerator generator(std::move(source), std::move(options));
  while (!result.is_cut_short && stopwatch.elapsed() < planned) {
    const absl::Duration before = stopwatch.elapsed();
    result.is_cut_short = signals.Wait(std::min(display.period(), planned - before));
    const LoadTally latest = generator.Take();
    const absl::Duration elapsed = stopwatch.elapsed();
    result.tally.Add(latest);
    display.Show(result.tally, elapsed, latest, elapsed - before);
  }
  if (result.is_cut_short) {
    result.cancelled = generator.GiveUp();
  } else {
    generator.Finish();
  }
  result.elapsed = stopwatch.elapsed();
  result.tally.Add(generator.Take());
  return result;
}

int Run(const LoadFlags& flags) {
  if (flags.source.server().empty()) {
    std::cerr << "springboard load: give the --server to load; got none\n";
    return kExitUsage;
  }
  StopSignals signals;
  absl::StatusOr<std::vector<CompileRequest>> requests = RequestsOf(flags);
  if (!requests.ok()) return Fail(kCommand, requests.status());
  const auto source = flags.source.MakeSource();
  if (!source.ok()) return Fail(kCommand, source.status());
  // Whoever names the wrong server, or may not use it, learns it now.
  const absl::Status first =
      (*source)->Compile(requests->front(), flags.source.Deadline()).status();
  if (!first.ok()) return Fail(kCommand, first);
  LoadOptions options = {*std::move(requests), flags.in_flight, flags.batch,
                         flags.source.deadline(), flags.is_verifying};
  const LoadResult result = RunLoad(flags, std::move(options), *source, signals);
  const int written = WriteOutput(kCommand, flags.is_json ? LoadJson(result) : LoadText(result));
  return written == kExitOk && result.tally.failed_calls() > 0 ? kExitFailed : written;
}

}  // namespace

void AddLoadCommand(CLI::App& program, int* exit_code) {
  const auto flags = std::make_shared<LoadFlags>();
  CLI::App& command =
      *program.add_subcommand(kCommand, "Keep a server busy, and tell how fast it answers");
  command.add_option("--seconds", flags->seconds, "How long")
      ->check(CLI::Range(uint32_t{1}, uint32_t{86400}))
      ->capture_default_str();
  command.add_option("--in-flight", flags->in_flight, "Calls under way at a time")
      ->check(CLI::Range(uint32_t{1}, uint32_t{10000}))
      ->capture_default_str();
  command.add_option("--batch", flags->batch, "Trampolines of a call; 1 is CompileTrampoline")
      ->check(CLI::Range(uint32_t{1}, uint32_t{10000}))
      ->capture_default_str();
  command
      .add_option("--signatures", flags->signatures,
                  "What to ask for, a signature each line, in turn; - reads stdin [some of all "
                  "kinds]")
      ->type_name("FILE");
  command.add_option("--target", flags->targets, "What for: targets with commas between")
      ->delimiter(',')
      ->capture_default_str();
  command.add_option("--profile", flags->profile, "Who calls the trampolines")
      ->capture_default_str();
  command.add_flag("--verify", flags->is_verifying,
                   "Prove every trampoline; one that is not what was asked for is an error");
  command.add_flag("--json", flags->is_json, "Report in JSON");
  command.add_flag("--verbose", flags->is_verbose,
                   "A line every second on stderr, where that is no terminal");
  flags->source.AddTo(command);
  command.footer(kFooter);
  command.callback([flags, exit_code] { *exit_code = Run(*flags); });
}

}  // namespace springboard
