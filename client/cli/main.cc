// springboard: the command line client.

#include <CLI/CLI.hpp>
#include <csignal>

#include "client/cli/command.h"

namespace springboard {
namespace {

constexpr char kFooter[] =
    "Each command has --help with an example.\n"
    "Exit codes: 0 done, 1 a request failed or something could not be reached, 2 wrong usage.";

int Main(int argc, char** argv) {
  // A closed pipe is an error of the write, not a death by signal.
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App program("Compiles call trampolines, in this process or through a server.",
                   "springboard");
  program.require_subcommand(1);
  program.footer(kFooter);
  int exit_code = kExitUsage;
  AddCompileCommand(program, &exit_code);
  AddCallCommand(program, &exit_code);
  AddTargetsCommand(program, &exit_code);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  return exit_code;
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) { return springboard::Main(argc, argv); }
