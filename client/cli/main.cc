// springboard: the command line client.

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>

#include "client/cli/command.h"
#include "common/command_line.h"
#include "common/unfinished_name.h"
#include "common/version.h"

namespace springboard {
namespace {

constexpr char kFooter[] =
    "Each command has --help with an example.\n"
    "Exit codes: 0 done, 1 a request failed or something could not be reached, 2 wrong usage,\n"
    "3 code was rejected by verify, or a pack by inspect --check.";

int Main(int argc, char** argv) {
  // A closed pipe is an error of the write, not a death by signal.
  std::signal(SIGPIPE, SIG_IGN);
  // Nor is a file that becomes larger than it may.
  std::signal(SIGXFSZ, SIG_IGN);
  RemoveUnfinishedOnSignals();
  CLI::App program("Compiles call trampolines, in this process or through a server.",
                   "springboard");
  program.require_subcommand(1);
  program.footer(kFooter);
  program.set_version_flag("--version", kVersion);
  const CommandLine line = SplitCommandLine(argc, argv);
  int exit_code = kExitUsage;
  AddCompileCommand(program, &exit_code);
  AddCallCommand(program, line.operands, &exit_code);
  AddTargetsCommand(program, &exit_code);
  AddVerifyCommand(program, &exit_code);
  AddStaticTableCommand(program, &exit_code);
  AddPackCommand(program, &exit_code);
  AddObjectCommand(program, &exit_code);
  AddInspectCommand(program, &exit_code);
  AddLoadCommand(program, &exit_code);
  if (!line.operands.empty() && (line.options.empty() || line.options[0] != "call")) {
    std::cerr << "springboard: only call takes arguments behind --\n";
    return kExitUsage;
  }
  return ParseOptions(program, line.options, kExitUsage).value_or(exit_code);
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) { return springboard::Main(argc, argv); }
