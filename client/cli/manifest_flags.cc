#include "client/cli/manifest_flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/output.h"
#include "client/manifest/manifest_requests.h"
#include "client/manifest/symbol_rules.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

absl::StatusOr<std::vector<Target>> FindTargets(absl::Span<const std::string> names) {
  std::vector<Target> targets;
  for (const std::string& name : names) {
    const absl::StatusOr<Target> target = FindTarget(name);
    if (!target.ok()) return target.status();
    targets.push_back(*target);
  }
  return targets;
}

// The targets that have nothing, such as those that a header was not read for, a line each.
std::vector<std::string> TargetsWithoutSymbols(absl::Span<const Target> targets,
                                               const Manifest& manifest) {
  const std::vector<ManifestSymbol>& symbols = manifest.symbols;
  std::vector<std::string> lines;
  for (const Target target : targets) {
    const auto is_for = [&](const ManifestSymbol& symbol) { return IsFor(symbol, target); };
    if (std::any_of(symbols.begin(), symbols.end(), is_for)) continue;
    lines.push_back(symbols.empty()
                        ? absl::StrCat(ToString(target), ": there is no function")
                        : absl::StrCat(ToString(target), ": none of the ", symbols.size(),
                                       symbols.size() == 1 ? " function" : " functions",
                                       " is for it"));
  }
  return lines;
}

}  // namespace

CLI::Option* ManifestFlags::AddTo(CLI::App& command) {
  CLI::Option* option =
      command
          .add_option(
              "--manifest", files_,
              "The functions: a springboard.v1.Manifest in text format (.textproto), Deno's "
              "symbols in JSON (.json), or a C header as clang -Xclang -ast-dump=json "
              "prints it (.ast.json); more than one file is allowed")
          ->type_name("FILE")
          ->allow_extra_args(false);
  command
      .add_option_function<std::string>(
          "--manifest-format",
          [this](const std::string& name) {
            options_.format = name == "text"   ? ManifestFormat::kText
                              : name == "json" ? ManifestFormat::kSymbolTable
                                               : ManifestFormat::kClangDump;
          },
          "Instead of what the extension says")
      ->check(CLI::IsMember({"text", "json", "clang"}))
      ->needs(option);
  command
      .add_flag("--manifest-included", options_.header.has_included,
                "Of a header also the functions of what it includes")
      ->needs(option);
  command.add_flag("--strict", is_strict_, "What a manifest leaves out is an error, not a warning")
      ->needs(option);
  return option;
}

absl::StatusOr<ManifestFlags::Loaded> ManifestFlags::Load(
    absl::string_view command, absl::Span<const std::string> target_names) const {
  const absl::StatusOr<std::vector<Target>> asked = FindTargets(target_names);
  if (!asked.ok()) return asked.status();
  Loaded loaded;
  for (const std::string& file : files_) {
    absl::StatusOr<Manifest> manifest = ReadManifest(file, options_);
    if (!manifest.ok()) return manifest.status();
    const absl::Status status = AddManifest(*std::move(manifest), loaded.manifest);
    if (!status.ok()) return status;
  }
  loaded.targets = TargetsOf(loaded.manifest, *asked);
  if (loaded.targets.empty()) {
    return absl::InvalidArgumentError("this machine is no target: --target says what to make");
  }
  const std::vector<std::string>& left_out = loaded.manifest.left_out;
  for (const std::string& line : left_out) {
    std::cerr << "springboard " << command << ": left out: " << EscapeControls(line) << "\n";
  }
  const std::vector<std::string> empty = TargetsWithoutSymbols(loaded.targets, loaded.manifest);
  for (const std::string& line : empty) {
    std::cerr << "springboard " << command << ": nothing is made: " << line << "\n";
  }
  if (!is_strict_) return loaded;
  if (!left_out.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("--strict: ", left_out.size(),
                     left_out.size() == 1 ? " function is left out" : " functions are left out"));
  }
  if (!empty.empty()) return absl::FailedPreconditionError("--strict: " + empty.front());
  return loaded;
}

}  // namespace springboard
