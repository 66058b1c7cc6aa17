#include "client/cli/manifest_flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <map>
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

// Adds to what is left out the targets that are asked for and have nothing, such as those that a
// header was not read for.
void AddTargetsWithoutSymbols(absl::Span<const Target> asked, Manifest& manifest) {
  const std::vector<ManifestSymbol>& symbols = manifest.symbols;
  for (const Target target : asked) {
    const auto is_for = [&](const ManifestSymbol& symbol) { return IsFor(symbol, target); };
    if (symbols.empty() || std::any_of(symbols.begin(), symbols.end(), is_for)) continue;
    manifest.left_out.push_back(
        absl::StrCat(ToString(target), ": none of the ", symbols.size(), " functions is for it"));
  }
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
  const std::map<std::string, ManifestFormat> formats = {
      {"text", ManifestFormat::kText},
      {"json", ManifestFormat::kSymbolTable},
      {"clang", ManifestFormat::kClangDump},
  };
  command.add_option("--manifest-format", options_.format, "Instead of what the extension says")
      ->transform(CLI::CheckedTransformer(formats))
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
  AddTargetsWithoutSymbols(*asked, loaded.manifest);
  const std::vector<std::string>& left_out = loaded.manifest.left_out;
  for (const std::string& line : left_out) {
    std::cerr << "springboard " << command << ": left out: " << EscapeControls(line) << "\n";
  }
  if (is_strict_ && !left_out.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("--strict: ", left_out.size(),
                     left_out.size() == 1 ? " function is left out" : " functions are left out"));
  }
  return loaded;
}

}  // namespace springboard
