#ifndef SPRINGBOARD_COMMON_COMMAND_LINE_H_
#define SPRINGBOARD_COMMON_COMMAND_LINE_H_

#include <CLI/App.hpp>
#include <optional>
#include <string>
#include <vector>

namespace springboard {

// A program's arguments in order, without its name.
struct CommandLine {
  std::vector<std::string> options;   // Before the first "--".
  std::vector<std::string> operands;  // Behind it, verbatim.
};

CommandLine SplitCommandLine(int argc, const char* const* argv);

// Lets CLI11 parse the options. Nothing if the program should go on; else its exit code: 0 after
// --help or --version, `usage_exit_code` after an error, which has then been printed. An empty
// value is an error, "--server=" as well as --server "": it comes from a script's unset variable,
// and must neither mean the default nor swallow the next argument.
std::optional<int> ParseOptions(CLI::App& app, const std::vector<std::string>& options,
                                int usage_exit_code);

}  // namespace springboard

#endif  // SPRINGBOARD_COMMON_COMMAND_LINE_H_
