#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/manifest_flags.h"
#include "client/cli/output.h"
#include "client/cli/progress.h"
#include "client/cli/signature_file.h"
#include "client/cli/source_flags.h"
#include "client/code_check.h"
#include "client/host_target.h"
#include "client/manifest/manifest_requests.h"
#include "client/pack/pack_writer.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

constexpr char kCommand[] = "pack";

// Large enough to make a request worthwhile, small enough to show progress.
constexpr size_t kRequestsAtOnce = 5000;

constexpr char kFooter[] =
    "Examples:\n"
    "  printf 'f64(f64,f64)\\ni32(i32)\\n' | springboard pack --output=stubs.pack -\n"
    "  springboard pack --manifest=stubs.textproto --target=aarch64-linux --output=stubs.pack\n"
    "\n"
    "A client links from the pack what is in it, without a server. Blank lines of the file and\n"
    "those that begin with # are left out. Every trampoline is proven before it is written.\n"
    "Exit codes: 0 done, 1 a line is wrong, or something could not be read, written or compiled,\n"
    "2 wrong usage.";

struct PackFlags {
  std::string file;
  std::string output;
  ManifestFlags manifest;
  std::vector<std::string> targets;  // None: what the manifest says, or the host's.
  std::string profile = std::string(Info(CallerProfile::kV8_10).name);
  SourceFlags source;
};

// Adds trampolines of some of the requests.
absl::Status AddProven(TrampolineSource& source, const PackFlags& flags,
                       absl::Span<const CompileRequest> requests, PackWriter& pack) {
  const CompileResults results = source.CompileMany(requests, flags.source.Deadline());
  for (size_t i = 0; i < requests.size(); ++i) {
    if (!results[i].ok()) {
      return WithFieldPrefix(results[i].status(), requests[i].signature.ToString());
    }
    absl::Status status = CheckCode(requests[i].signature, *results[i], Verification::kOn);
    if (!status.ok()) return status;
    status = pack.Add(requests[i], *results[i]);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// The next portion of requests; empty at the end.
using NextRequests = std::function<std::vector<CompileRequest>()>;

absl::StatusOr<size_t> WritePack(const PackFlags& flags, size_t total, const NextRequests& next) {
  const auto source = flags.source.MakeSource();
  if (!source.ok()) return source.status();
  PackWriter pack;
  Progress progress;
  for (auto requests = next(); !requests.empty(); requests = next()) {
    const absl::Status status = AddProven(**source, flags, requests, pack);
    if (!status.ok()) return status;
    progress.Show(absl::StrCat(pack.size(), " trampolines of ", total, " requests"));
  }
  const absl::Status status = pack.WriteTo(flags.output);
  if (!status.ok()) return status;
  return pack.size();
}

absl::StatusOr<size_t> PackSignatures(const PackFlags& flags) {
  const absl::StatusOr<std::vector<Signature>> signatures = ReadSignatures(flags.file);
  if (!signatures.ok()) return signatures.status();
  std::vector<std::string> targets = flags.targets;
  if (targets.empty() && HostTarget().has_value()) targets = {ToString(*HostTarget())};
  const absl::StatusOr<std::vector<CompileRequest>> requests =
      MakeRequests(*signatures, targets, flags.profile);
  if (!requests.ok()) return requests.status();
  absl::Span<const CompileRequest> rest = *requests;
  return WritePack(flags, rest.size(), [&rest] {
    const auto portion = rest.subspan(0, kRequestsAtOnce);
    rest.remove_prefix(portion.size());
    return std::vector<CompileRequest>(portion.begin(), portion.end());
  });
}

absl::StatusOr<size_t> PackManifest(const PackFlags& flags) {
  const auto loaded = flags.manifest.Load(kCommand, flags.targets);
  if (!loaded.ok()) return loaded.status();
  ManifestRequests requests(loaded->manifest, loaded->targets);
  return WritePack(flags, requests.size(), [&] { return requests.Next(kRequestsAtOnce); });
}

int Run(const PackFlags& flags) {
  if (flags.file.empty() && !flags.manifest.is_given()) {
    std::cerr << "springboard pack: a FILE or --manifest is required\n";
    return kExitUsage;
  }
  const absl::StatusOr<size_t> count =
      flags.manifest.is_given() ? PackManifest(flags) : PackSignatures(flags);
  if (!count.ok()) return Fail(kCommand, count.status());
  return WriteOutput(kCommand, absl::StrCat(flags.output, ": ", *count, " trampolines\n"));
}

}  // namespace

void AddPackCommand(CLI::App& program, int* exit_code) {
  const auto flags = std::make_shared<PackFlags>();
  CLI::App& command =
      *program.add_subcommand(kCommand, "Write trampolines to a file that a client links from");
  CLI::Option* manifest = flags->manifest.AddTo(command);
  command.add_option("file", flags->file, "The signatures, a line each; - reads stdin")
      ->type_name("FILE")
      ->excludes(manifest);
  command.add_option("--output", flags->output, "The pack")->required()->type_name("FILE");
  command
      .add_option("--target", flags->targets,
                  "What they are for: targets with commas between; without it what the manifest "
                  "says, or this machine")
      ->delimiter(',');
  command
      .add_option("--profile", flags->profile, "Who calls the trampolines; a manifest says its own")
      ->capture_default_str()
      ->excludes(manifest);
  flags->source.AddTo(command);
  command.footer(kFooter);
  command.callback([flags, exit_code] { *exit_code = Run(*flags); });
}

}  // namespace springboard
