#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/cli/batch_file.h"
#include "client/cli/command.h"
#include "client/cli/compile_batch.h"
#include "client/cli/output.h"
#include "client/cli/source_flags.h"
#include "client/cli/trampoline_text.h"
#include "client/host_target.h"

namespace springboard {
namespace {

constexpr char kFooter[] =
    "Examples:\n"
    "  springboard compile --target=aarch64-apple --signature='u64(u8,i16,buffer)' --format=asm\n"
    "  springboard compile --signature='f64(f64,f64)' --callee=0x7f0000001000 --format=raw\n"
    "  printf 'x86_64-sysv\\tf64(f64,f64)\\n' | springboard compile --batch=-\n"
    "\n"
    "A batch has a line TARGET<TAB>SIGNATURE for each trampoline, and gives a line\n"
    "TARGET<TAB>SIGNATURE<TAB>ok<TAB>CALLEE_OFFSET<TAB>HEX or\n"
    "TARGET<TAB>SIGNATURE<TAB>CODE_NAME<TAB>MESSAGE for each, in order.\n"
    "Exit codes: 0 all compiled, 1 any failed, 2 wrong usage.";

struct CompileFlags {
  std::string target = std::string(HostTarget().has_value() ? Info(*HostTarget()).name : "");
  std::string signature;
  std::string profile = std::string(Info(CallerProfile::kV8_10).name);
  std::string callee;
  std::string batch;
  std::string format = "hex";
  SourceFlags source;
};

constexpr char kCommand[] = "compile";

int WrongUsage(absl::string_view message) {
  std::cerr << "springboard compile: " << message << "\n";
  return kExitUsage;
}

std::optional<OutputFormat> FindFormat(absl::string_view name) {
  if (name == "hex") return OutputFormat::kHex;
  if (name == "json") return OutputFormat::kJson;
  if (name == "asm") return OutputFormat::kAsm;
  if (name == "raw") return OutputFormat::kRaw;
  return std::nullopt;
}

absl::StatusOr<CompileRequest> MakeRequest(const CompileFlags& flags) {
  const absl::StatusOr<Target> target = FindTarget(flags.target);
  if (!target.ok()) return target.status();
  const absl::StatusOr<CallerProfile> profile = FindCallerProfile(flags.profile);
  if (!profile.ok()) return profile.status();
  absl::StatusOr<Signature> signature = Signature::Parse(flags.signature);
  if (!signature.ok()) return signature.status();
  return CompileRequest{*std::move(signature), *target, *profile};
}

int CompileOne(const CompileFlags& flags, OutputFormat format, std::optional<uint64_t> callee) {
  const absl::StatusOr<CompileRequest> request = MakeRequest(flags);
  if (!request.ok()) return Fail(kCommand, request.status());
  const auto source = flags.source.MakeSource();
  if (!source.ok()) return Fail(kCommand, source.status());
  absl::StatusOr<Trampoline> trampoline = (*source)->Compile(*request, flags.source.Deadline());
  if (!trampoline.ok()) return Fail(kCommand, trampoline.status());
  if (callee.has_value()) PatchCallee(*callee, *trampoline);
  const absl::StatusOr<std::string> text =
      FormatTrampoline(*trampoline, request->signature, format);
  return text.ok() ? WriteOutput(kCommand, *text) : Fail(kCommand, text.status());
}

int CompileBatchFile(const CompileFlags& flags, std::optional<uint64_t> callee) {
  const absl::StatusOr<CallerProfile> profile = FindCallerProfile(flags.profile);
  if (!profile.ok()) return Fail(kCommand, profile.status());
  absl::StatusOr<BatchFile> file = BatchFile::Open(flags.batch);
  if (!file.ok()) return Fail(kCommand, file.status());
  const auto source = flags.source.MakeSource();
  if (!source.ok()) return Fail(kCommand, source.status());
  const absl::StatusOr<BatchCounts> counts =
      CompileBatch(file->stream(), std::cout,
                   {source->get(), [&flags] { return flags.source.Deadline(); }, *profile, callee});
  if (!counts.ok()) return Fail(kCommand, counts.status());
  const absl::Status whole = file->Finish();
  if (!whole.ok()) return Fail(kCommand, whole);
  if (counts->failed > 0) {
    std::cerr << "springboard compile: " << counts->failed << " of " << counts->lines
              << " lines failed\n";
  }
  return counts->failed == 0 ? kExitOk : kExitFailed;
}

int Run(const CompileFlags& flags) {
  std::optional<uint64_t> callee;
  if (!flags.callee.empty()) {
    uint64_t value = 0;
    if (!absl::StartsWithIgnoreCase(flags.callee, "0x") ||
        !absl::SimpleHexAtoi(flags.callee, &value)) {
      return WrongUsage(
          absl::StrCat("--callee is an address of up to 64 bits, 0x1f00; got ", flags.callee));
    }
    callee = value;
  }
  const std::optional<OutputFormat> format = FindFormat(flags.format);
  if (!format.has_value()) {
    return WrongUsage(absl::StrCat("--format is hex, json, asm or raw; got ", flags.format));
  }
  if (flags.batch.empty() == flags.signature.empty()) {
    return WrongUsage("give either --signature or --batch");
  }
  return flags.batch.empty() ? CompileOne(flags, *format, callee) : CompileBatchFile(flags, callee);
}

}  // namespace

void AddCompileCommand(CLI::App& program, int* exit_code) {
  const auto flags = std::make_shared<CompileFlags>();
  CLI::App& command = *program.add_subcommand("compile", "Compile one trampoline, or a batch");
  CLI::Option* const target =
      command.add_option("--target", flags->target, "What to compile for; see springboard targets")
          ->capture_default_str();
  command.add_option("--signature", flags->signature, "RESULT(PARAMETER,...)");
  command.add_option("--profile", flags->profile, "Who calls the trampoline")
      ->capture_default_str();
  command.add_option("--callee", flags->callee, "Put this callee's address into the code")
      ->type_name("0xADDR");
  CLI::Option* const format =
      command.add_option("--format", flags->format, "Of the output: hex, json, asm or raw")
          ->capture_default_str();
  command
      .add_option("--batch", flags->batch,
                  "Compile each line of this file, which names its target; - reads stdin")
      ->type_name("FILE")
      ->excludes(target)
      ->excludes(format);
  flags->source.AddTo(command);
  command.footer(kFooter);
  command.callback([flags, exit_code] { *exit_code = Run(*flags); });
}

}  // namespace springboard
