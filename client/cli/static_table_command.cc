#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "client/arena/static_table_source.h"
#include "client/cli/batch_file.h"
#include "client/cli/command.h"
#include "client/cli/output.h"
#include "client/host_target.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

constexpr char kCommand[] = "static-table";

constexpr char kFooter[] =
    "Example:\n"
    "  printf 'f64(f64,f64)\\ni32(i32)\\t64\\n' | springboard static-table --name=my_table -\n"
    "\n"
    "Assemble the output and link it into the program, which names the table as\n"
    "  extern \"C\" const springboard::StaticTable my_table;\n"
    "A line of the file is SIGNATURE or SIGNATURE<TAB>COPIES; blank lines and those that begin\n"
    "with # are left out.\n"
    "Exit codes: 0 done, 1 a line is wrong or a file could not be read, 2 wrong usage.";

struct StaticTableFlags {
  std::string name;
  std::string file;
  std::string target = std::string(HostTarget().has_value() ? Info(*HostTarget()).name : "");
  std::string profile = std::string(Info(CallerProfile::kV8_10).name);
  uint32_t copies = 16;
};

absl::StatusOr<StaticTableSource::Row> ParseRow(absl::string_view line, uint32_t copies) {
  const size_t tab = line.find('\t');
  if (tab != absl::string_view::npos && !absl::SimpleAtoi(line.substr(tab + 1), &copies)) {
    return MakeError(absl::StatusCode::kInvalidArgument, reason::kMalformedTable, "copies",
                     absl::StrCat("a line is SIGNATURE or SIGNATURE<TAB>COPIES; got \"",
                                  line.substr(0, 200), "\""));
  }
  absl::StatusOr<Signature> signature = Signature::Parse(line.substr(0, tab));
  if (!signature.ok()) return signature.status();
  return StaticTableSource::Row{*std::move(signature), copies};
}

absl::StatusOr<std::string> Assemble(const StaticTableFlags& flags) {
  const absl::StatusOr<Target> target = FindTarget(flags.target);
  if (!target.ok()) return target.status();
  const absl::StatusOr<CallerProfile> profile = FindCallerProfile(flags.profile);
  if (!profile.ok()) return profile.status();
  StaticTableSource source = {flags.name, *target, *profile, {}};
  absl::StatusOr<BatchFile> file = BatchFile::Open(flags.file);
  if (!file.ok()) return file.status();
  int number = 0;
  for (std::string text; std::getline(file->stream(), text);) {
    ++number;
    const absl::string_view line = absl::StripSuffix(text, "\r");
    if (line.empty() || line[0] == '#') continue;
    absl::StatusOr<StaticTableSource::Row> row = ParseRow(line, flags.copies);
    if (!row.ok()) return WithFieldPrefix(row.status(), absl::StrCat("line ", number));
    source.rows.push_back(*std::move(row));
  }
  const absl::Status whole = file->Finish();
  if (!whole.ok()) return whole;
  return StaticTableAssembly(source);
}

int Run(const StaticTableFlags& flags) {
  const absl::StatusOr<std::string> assembly = Assemble(flags);
  return assembly.ok() ? WriteOutput(kCommand, *assembly) : Fail(kCommand, assembly.status());
}

}  // namespace

void AddStaticTableCommand(CLI::App& program, int* exit_code) {
  const auto flags = std::make_shared<StaticTableFlags>();
  CLI::App& command = *program.add_subcommand(
      kCommand, "Make trampolines to link into a program that may not map code at all");
  command.add_option("file", flags->file, "The signatures, a line each; - reads stdin")
      ->required()
      ->type_name("FILE");
  command.add_option("--name", flags->name, "The table's name, a C identifier")->required();
  command.add_option("--target", flags->target, "What the program is for: an ELF target")
      ->capture_default_str();
  command.add_option("--profile", flags->profile, "Who calls the trampolines")
      ->capture_default_str();
  command
      .add_option("--copies", flags->copies,
                  "How many functions of each signature can be called at a time")
      ->capture_default_str();
  command.footer(kFooter);
  command.callback([flags, exit_code] { *exit_code = Run(*flags); });
}

}  // namespace springboard
