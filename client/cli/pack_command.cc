#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/compile_portions.h"
#include "client/cli/distinct_files.h"
#include "client/cli/jobs_flag.h"
#include "client/cli/manifest_flags.h"
#include "client/cli/output.h"
#include "client/cli/signature_file.h"
#include "client/cli/source_flags.h"
#include "client/cli/work_progress.h"
#include "client/host_target.h"
#include "client/manifest/manifest_requests.h"
#include "client/pack/pack_writer.h"

namespace springboard {
namespace {

constexpr char kCommand[] = "pack";

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
  JobsFlag jobs;
  bool is_quiet = false;
};

// Writes the pack, and returns what to say of it.
absl::StatusOr<std::string> WritePack(const PackFlags& flags, size_t total,
                                      const NextRequests& next) {
  const auto source = flags.source.MakeSource();
  if (!source.ok()) return source.status();
  absl::StatusOr<PackWriter> pack = PackWriter::Create(flags.output);
  if (!pack.ok()) return pack.status();
  WorkProgress progress(total, flags.is_quiet);
  size_t done = 0;
  const TakePortion take = [&](absl::Span<const CompileRequest> requests,
                               absl::Span<const Trampoline> trampolines) {
    for (size_t i = 0; i < requests.size(); ++i) {
      absl::Status status = pack->Add(requests[i], trampolines[i]);
      if (!status.ok()) return status;
    }
    done += requests.size();
    progress.Show(done);
    return absl::OkStatus();
  };
  const PortionOptions options = {source->get(), [&flags] { return flags.source.Deadline(); },
                                  flags.jobs.Threads(flags.source)};
  absl::Status status = CompilePortions(options, next, take);
  if (status.ok()) {
    progress.Say(absl::StrCat("writing ", EscapeControls(flags.output)));
    status = pack->Finish();
  }
  if (!status.ok()) return status;
  return absl::StrCat(flags.output, ": ", pack->size(),
                      pack->size() == 1 ? " trampoline " : " trampolines ", progress.Summary(done),
                      "\n");
}

absl::StatusOr<std::string> PackSignatures(const PackFlags& flags) {
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

absl::StatusOr<std::string> PackManifest(const PackFlags& flags) {
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
  std::vector<std::string> inputs = flags.manifest.files();
  inputs.push_back(flags.file);
  if (!FileNamedTwice({flags.output}, inputs).empty()) {
    std::cerr << "springboard pack: --output is what it is made of\n";
    return kExitUsage;
  }
  const absl::StatusOr<std::string> done =
      flags.manifest.is_given() ? PackManifest(flags) : PackSignatures(flags);
  if (!done.ok()) return Fail(kCommand, done.status());
  return flags.is_quiet ? kExitOk : WriteOutput(kCommand, *done);
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
  flags->jobs.AddTo(command);
  command.add_flag("--quiet", flags->is_quiet, "Say nothing of what was made");
  flags->source.AddTo(command);
  command.footer(kFooter);
  command.callback([flags, exit_code] { *exit_code = Run(*flags); });
}

}  // namespace springboard
