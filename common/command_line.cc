#include "common/command_line.h"

#include <CLI/CLI.hpp>
#include <iostream>

namespace springboard {
namespace {

// The first option without a value, or nothing.
std::optional<std::string> FindEmptyValue(const std::vector<std::string>& options) {
  for (size_t i = 0; i < options.size(); ++i) {
    const std::string& option = options[i];
    if (option.empty()) return i > 0 ? options[i - 1] : "\"\"";
    if (option.rfind("--", 0) == 0 && option.back() == '=') {
      return option.substr(0, option.size() - 1);
    }
  }
  return std::nullopt;
}

}  // namespace

CommandLine SplitCommandLine(int argc, const char* const* argv) {
  CommandLine line;
  int i = 1;
  while (i < argc && std::string(argv[i]) != "--") line.options.emplace_back(argv[i++]);
  for (++i; i < argc; ++i) line.operands.emplace_back(argv[i]);
  return line;
}

std::optional<int> ParseOptions(CLI::App& app, const std::vector<std::string>& options,
                                int usage_exit_code) {
  if (const std::optional<std::string> option = FindEmptyValue(options)) {
    std::cerr << app.get_name() << ": " << *option << " has an empty value\n"
              << "Run with --help for more information.\n";
    return usage_exit_code;
  }
  // CLI11 takes the arguments from the back.
  std::vector<std::string> reversed(options.rbegin(), options.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : usage_exit_code;
  }
  return std::nullopt;
}

}  // namespace springboard
