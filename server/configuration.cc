#include "server/configuration.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/watched_file.h"
#include "server/listening_socket.h"

namespace springboard {
namespace {

constexpr absl::string_view kVariablePrefix = "SPRINGBOARD_SERVER_";

// Of one setting in one layer.
struct Layer {
  std::vector<std::string> values;
  std::string origin;
};
using Layers = std::map<std::string, Layer>;

absl::Status Wrong(absl::string_view origin, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(origin, ": ", what));
}

std::string NameOf(const CLI::Option& option) {
  return option.get_lnames().empty() ? "" : option.get_lnames()[0];
}

// The flags that are settings too.
std::vector<const CLI::Option*> SettingsOf(const CLI::App& app) {
  static const auto* const own =
      new std::set<std::string>{"", "help", "version", "config", "check_config", "print_config"};
  std::vector<const CLI::Option*> options;
  for (const CLI::Option* const option : app.get_options()) {
    if (own->count(NameOf(*option)) == 0) options.push_back(option);
  }
  return options;
}

std::vector<std::string> Arguments(absl::string_view name, const std::vector<std::string>& values) {
  std::vector<std::string> arguments;
  for (const std::string& value : values) {
    arguments.push_back(absl::StrCat("--", name, "=", value));
  }
  return arguments;
}

absl::Status Parse(CLI::App& app, const std::vector<std::string>& arguments) {
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    return absl::InvalidArgumentError(error.what());
  }
  return absl::OkStatus();
}

// A program of flags that sets what nobody uses.
struct Scratch {
  Scratch() : app("", "springboard_server") {
    AddSettings(app, settings);
    AddConfigurationFlags(app, flags);
  }

  CLI::App app;
  Settings settings;
  ConfigurationFlags flags;
};

Layers FromEnvironment(const CLI::App& app, std::vector<std::string>* warnings) {
  std::map<std::string, const CLI::Option*> by_variable;
  for (const CLI::Option* const option : SettingsOf(app)) {
    by_variable[absl::StrCat(kVariablePrefix, absl::AsciiStrToUpper(NameOf(*option)))] = option;
  }
  Layers layers;
  for (char** one = environ; *one != nullptr; ++one) {
    const std::pair<std::string, std::string> entry = absl::StrSplit(*one, absl::MaxSplits('=', 1));
    const auto& [variable, value] = entry;
    if (!absl::StartsWith(variable, kVariablePrefix)) continue;
    const auto found = by_variable.find(variable);
    if (found == by_variable.end()) {
      if (variable != absl::StrCat(kVariablePrefix, "CONFIG")) {
        warnings->push_back(absl::StrCat(variable, " is no setting"));
      }
      continue;
    }
    const bool is_list = found->second->get_items_expected_max() > 1;
    layers[NameOf(*found->second)] = {
        is_list ? std::vector<std::string>(absl::StrSplit(value, ',')) : std::vector{value},
        absl::StrCat("environment, ", variable)};
  }
  return layers;
}

// A string, number or boolean as a flag has it; nothing if it is something else.
std::optional<std::string> ScalarText(const toml::node& node) {
  if (const auto* const text = node.as_string()) return text->get();
  if (const auto* const flag = node.as_boolean()) return flag->get() ? "true" : "false";
  if (const auto* const number = node.as_integer()) {
    const bool is_octal =
        (number->flags() & toml::value_flags::format_as_octal) != toml::value_flags::none;
    return is_octal && number->get() >= 0 ? absl::StrFormat("0%o", number->get())
                                          : absl::StrCat(number->get());
  }
  return std::nullopt;
}

std::optional<std::vector<std::string>> ValuesOf(const toml::node& node) {
  std::vector<std::string> values;
  if (const auto* const array = node.as_array()) {
    for (const toml::node& element : *array) {
      std::optional<std::string> value = ScalarText(element);
      if (!value.has_value()) return std::nullopt;
      values.push_back(*std::move(value));
    }
    return values;
  }
  std::optional<std::string> value = ScalarText(node);
  if (!value.has_value()) return std::nullopt;
  return std::vector{*std::move(value)};
}

absl::StatusOr<Layers> FromFile(const std::string& path, const CLI::App& app) {
  const absl::StatusOr<std::string> text = WatchedFile::Read(path);
  if (!text.ok()) return text.status();
  const toml::parse_result parsed = toml::parse(*text, path);
  if (!parsed) {
    return Wrong(absl::StrCat(path, ":", parsed.error().source().begin.line),
                 std::string(parsed.error().description()));
  }
  std::set<std::string> names;
  for (const CLI::Option* const option : SettingsOf(app)) names.insert(NameOf(*option));
  Layers layers;
  for (const auto& [key, node] : parsed.table()) {
    const std::string name(key.str());
    const std::string origin = absl::StrCat(path, ":", key.source().begin.line);
    if (names.count(name) == 0) {
      return Wrong(origin, absl::StrCat("there is no setting ", name,
                                        "; settings are flags without --, see --help"));
    }
    std::optional<std::vector<std::string>> values = ValuesOf(node);
    if (!values.has_value()) {
      return Wrong(origin, absl::StrCat(name,
                                        " is a string, a number, true or false, or an array "
                                        "of these"));
    }
    layers[name] = {*std::move(values), origin};
  }
  return layers;
}

// That each value is one that its flag takes.
absl::Status CheckEach(const Layers& layers) {
  Scratch scratch;
  for (const auto& [name, layer] : layers) {
    if (layer.values.empty()) {
      return Wrong(layer.origin, absl::StrCat(name, " has no value; leave it out to not set it"));
    }
    for (const std::string& value : layer.values) {
      if (value.empty()) return Wrong(layer.origin, absl::StrCat(name, " has an empty value"));
    }
    const absl::Status status = Parse(scratch.app, Arguments(name, layer.values));
    if (!status.ok()) return Wrong(layer.origin, status.message());
  }
  return absl::OkStatus();
}

// What a configuration file has for it.
std::string TomlText(const std::string& value) {
  // TOML's integers are signed.
  int64_t number = 0;
  const bool is_number = absl::SimpleAtoi(value, &number) && absl::StrCat(number) == value;
  if (is_number || value == "true" || value == "false") return value;
  return absl::StrCat("\"", absl::StrReplaceAll(value, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
}

std::string TomlText(const std::vector<std::string>& values) {
  if (values.size() == 1) return TomlText(values[0]);
  return absl::StrCat("[",
                      absl::StrJoin(values, ", ",
                                    [](std::string* out, const std::string& value) {
                                      absl::StrAppend(out, TomlText(value));
                                    }),
                      "]");
}

// What a running server takes by Server::Reload(), or by looking again.
bool IsReloaded(const std::string& name) {
  static const auto* const names = new std::set<std::string>{
      "signing_key",      "access_policy",      "access_tokens",       "max_parameters",
      "max_batch_items",  "max_response_bytes", "max_calls",           "max_calls_of_client",
      "max_answer_bytes", "max_call_seconds",   "max_resident_bytes",  "drain_delay_ms",
      "drain_timeout_ms", "log_level",          "log_calls_per_second"};
  return names->count(name) > 0;
}

}  // namespace

void AddConfigurationFlags(CLI::App& app, ConfigurationFlags& flags) {
  app.add_option("--config", flags.file,
                 "Settings in TOML, as NAME = VALUE with the names of these flags; flags and the "
                 "environment (SPRINGBOARD_SERVER_NAME) go before it")
      ->type_name("FILE");
  app.add_flag("--check_config", flags.checks,
               "Check all settings and the files that they name, and exit");
  app.add_flag("--print_config", flags.prints,
               "Print all settings as a configuration file, with the origin of each, and exit");
}

absl::StatusOr<Configuration> LoadConfiguration(const std::vector<std::string>& command_line) {
  Scratch scratch;
  absl::Status status = Parse(scratch.app, command_line);
  if (!status.ok()) return status;
  Configuration configuration;
  configuration.checks = scratch.flags.checks;
  configuration.prints = scratch.flags.prints;
  Layers layers = FromEnvironment(scratch.app, &configuration.warnings);
  status = CheckEach(layers);
  if (!status.ok()) return status;
  std::string file = scratch.flags.file;
  const char* const variable = std::getenv("SPRINGBOARD_SERVER_CONFIG");
  if (file.empty() && variable != nullptr) file = variable;
  if (!file.empty()) {
    const absl::StatusOr<Layers> from_file = FromFile(file, scratch.app);
    if (!from_file.ok()) return from_file.status();
    status = CheckEach(*from_file);
    if (!status.ok()) return status;
    layers.insert(from_file->begin(), from_file->end());
  }
  std::vector<std::string> arguments = command_line;
  for (const CLI::Option* const option : SettingsOf(scratch.app)) {
    const auto layer = layers.find(NameOf(*option));
    if (option->count() > 0) {
      configuration.values.push_back({NameOf(*option), option->results(), "command line"});
    } else if (layer != layers.end()) {
      const std::vector<std::string> more = Arguments(layer->first, layer->second.values);
      arguments.insert(arguments.end(), more.begin(), more.end());
      configuration.values.push_back({layer->first, layer->second.values, layer->second.origin});
    } else if (!option->get_default_str().empty()) {
      configuration.values.push_back({NameOf(*option), {option->get_default_str()}, "default"});
    } else {
      configuration.values.push_back({NameOf(*option), {}, ""});
    }
  }
  CLI::App app("", "springboard_server");
  ConfigurationFlags flags;
  AddSettings(app, configuration.settings);
  AddConfigurationFlags(app, flags);
  status = Parse(app, arguments);
  if (!status.ok()) return status;
  return configuration;
}

std::string ToConfigurationFile(const Configuration& configuration) {
  std::string text;
  for (const SettingValue& value : configuration.values) {
    if (value.origin.empty()) {
      absl::StrAppend(&text, "# ", value.name, " is not set\n");
    } else {
      absl::StrAppend(&text, value.name, " = ", TomlText(value.values), "  # ", value.origin, "\n");
    }
  }
  return text;
}

std::vector<std::string> ChangesForRestart(const Configuration& running,
                                           const Configuration& loaded) {
  std::vector<std::string> changes;
  for (size_t i = 0; i < running.values.size() && i < loaded.values.size(); ++i) {
    const SettingValue& before = running.values[i];
    const SettingValue& after = loaded.values[i];
    if (before.values == after.values || IsReloaded(before.name)) continue;
    changes.push_back(
        absl::StrCat(before.name, ": ", TomlText(before.values), ", now ", TomlText(after.values)));
  }
  return changes;
}

}  // namespace springboard
