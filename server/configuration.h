#ifndef SPRINGBOARD_SERVER_CONFIGURATION_H_
#define SPRINGBOARD_SERVER_CONFIGURATION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/settings.h"

namespace springboard {

// A setting as text, and where it comes from.
struct SettingValue {
  std::string name;  // The flag's, without "--".
  std::vector<std::string> values;
  std::string origin;  // "command line", "environment", "FILE:LINE", "default"; or "" if not set.
};

// All settings, each from the first that has it: the command line, the environment
// (SPRINGBOARD_SERVER_NAME), the configuration file, the defaults.
struct Configuration {
  Settings settings;
  std::vector<SettingValue> values;   // Of every setting, in the order of --help.
  std::vector<std::string> warnings;  // Of variables that are no settings.
  bool checks = false;                // --check_config
  bool prints = false;                // --print_config
};

// Adds what belongs to the command line alone: --config, --check_config, --print_config.
struct ConfigurationFlags {
  std::string file;
  bool checks = false;
  bool prints = false;
};
void AddConfigurationFlags(CLI::App& app, ConfigurationFlags& flags);

// Reads all of them: the file as TOML with a key for each flag, without tables. Lists are arrays
// there, and have commas between in the environment. Errors: INVALID_ARGUMENT, with the flag, the
// variable or the file's line, and the rule; NOT_FOUND for the file.
absl::StatusOr<Configuration> LoadConfiguration(const std::vector<std::string>& command_line);

// As a configuration file, with the origin of each setting behind it.
std::string ToConfigurationFile(const Configuration& configuration);

// The settings that differ and that only a restart changes, a line each: "listen: a, now b".
std::vector<std::string> ChangesForRestart(const Configuration& running,
                                           const Configuration& loaded);

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_CONFIGURATION_H_
