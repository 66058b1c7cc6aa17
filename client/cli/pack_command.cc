#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/output.h"
#include "client/cli/progress.h"
#include "client/cli/signature_file.h"
#include "client/cli/source_flags.h"
#include "client/code_check.h"
#include "client/host_target.h"
#include "client/pack/pack_writer.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

constexpr char kCommand[] = "pack";

// Large enough to make a request worthwhile, small enough to show progress.
constexpr size_t kRequestsAtOnce = 5000;

constexpr char kFooter[] =
    "Example:\n"
    "  printf 'f64(f64,f64)\\ni32(i32)\\n' | springboard pack --output=stubs.pack -\n"
    "\n"
    "A client links from the pack what is in it, without a server. Blank lines of the file and\n"
    "those that begin with # are left out. Every trampoline is proven before it is written.\n"
    "Exit codes: 0 done, 1 a line is wrong, or something could not be read, written or compiled,\n"
    "2 wrong usage.";

struct PackFlags {
  std::string file;
  std::string output;
  std::vector<std::string> targets = {
      std::string(HostTarget().has_value() ? Info(*HostTarget()).name : "")};
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

absl::StatusOr<size_t> WritePack(const PackFlags& flags) {
  const absl::StatusOr<std::vector<Signature>> signatures = ReadSignatures(flags.file);
  if (!signatures.ok()) return signatures.status();
  const absl::StatusOr<std::vector<CompileRequest>> requests =
      MakeRequests(*signatures, flags.targets, flags.profile);
  if (!requests.ok()) return requests.status();
  const auto source = flags.source.MakeSource();
  if (!source.ok()) return source.status();
  absl::StatusOr<PackWriter> pack = PackWriter::Create(flags.output);
  if (!pack.ok()) return pack.status();
  Progress progress;
  const absl::Span<const CompileRequest> all = *requests;
  for (size_t done = 0; done < all.size(); done += kRequestsAtOnce) {
    const absl::Status status =
        AddProven(**source, flags, all.subspan(done, kRequestsAtOnce), *pack);
    if (!status.ok()) return status;
    progress.Show(absl::StrCat(pack->size(), " trampolines of ", all.size(), " requests"));
  }
  const absl::Status status = pack->Finish();
  if (!status.ok()) return status;
  return pack->size();
}

int Run(const PackFlags& flags) {
  const absl::StatusOr<size_t> count = WritePack(flags);
  if (!count.ok()) return Fail(kCommand, count.status());
  return WriteOutput(kCommand, absl::StrCat(flags.output, ": ", *count, " trampolines\n"));
}

}  // namespace

void AddPackCommand(CLI::App& program, int* exit_code) {
  const auto flags = std::make_shared<PackFlags>();
  CLI::App& command =
      *program.add_subcommand(kCommand, "Write trampolines to a file that a client links from");
  command.add_option("file", flags->file, "The signatures, a line each; - reads stdin")
      ->required()
      ->type_name("FILE");
  command.add_option("--output", flags->output, "The pack")->required()->type_name("FILE");
  command.add_option("--target", flags->targets, "What they are for: targets with commas between")
      ->delimiter(',')
      ->capture_default_str();
  command.add_option("--profile", flags->profile, "Who calls the trampolines")
      ->capture_default_str();
  flags->source.AddTo(command);
  command.footer(kFooter);
  command.callback([flags, exit_code] { *exit_code = Run(*flags); });
}

}  // namespace springboard
