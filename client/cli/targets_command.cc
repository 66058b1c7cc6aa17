#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/cli/command.h"
#include "client/cli/output.h"
#include "client/cli/source_flags.h"

namespace springboard {
namespace {

constexpr char kFooter[] =
    "Example:\n"
    "  springboard targets --server=unix:/run/springboard.sock\n"
    "Exit codes: 0 printed, 1 the server cannot be reached, 2 wrong usage.";

int Run(const SourceFlags& flags) {
  const auto source = flags.MakeSource();
  if (!source.ok()) return Fail("targets", source.status());
  const absl::StatusOr<Capabilities> capabilities = (*source)->GetCapabilities(flags.Deadline());
  if (!capabilities.ok()) return Fail("targets", capabilities.status());
  std::string text =
      absl::StrFormat("%-16s  %-8s  %-12s  %s\n", "TARGET", "ISA", "CALLER", "CALLEE");
  for (const Capabilities::TargetSupport& target : capabilities->targets) {
    absl::StrAppendFormat(&text, "%-16s  %-8s  %-12s  %s\n", target.name, target.isa,
                          target.caller_convention, target.callee_convention);
  }
  absl::StrAppendFormat(&text, "profiles: %s\ncodegen version: %d\nparameters: at most %d\n",
                        absl::StrJoin(capabilities->profiles, " "), capabilities->codegen_version,
                        capabilities->max_parameters);
  return WriteOutput("targets", text);
}

}  // namespace

void AddTargetsCommand(CLI::App& program, int* exit_code) {
  const auto flags = std::make_shared<SourceFlags>();
  CLI::App& command = *program.add_subcommand("targets", "List what can be compiled for");
  flags->AddTo(command);
  command.footer(kFooter);
  command.callback([flags, exit_code] { *exit_code = Run(*flags); });
}

}  // namespace springboard
