#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "client/cli/batch_file.h"
#include "client/cli/command.h"
#include "client/cli/output.h"
#include "client/cli/verify_batch.h"
#include "client/host_target.h"

namespace springboard {
namespace {

constexpr char kFooter[] =
    "Examples:\n"
    "  springboard verify --target=x86_64-sysv --signature='void()' --callee-offset=4 "
    "--code=31ff48b80000000000000000ffe0\n"
    "  springboard compile --batch=FILE | cut -f1,2,4,5 | springboard verify --batch=-\n"
    "\n"
    "A batch has a line TARGET<TAB>SIGNATURE<TAB>CALLEE_OFFSET<TAB>HEX for each trampoline, and\n"
    "gives the same line with <TAB>ok or <TAB>reject<TAB>REASON behind it.\n"
    "Exit codes: 0 proven, 1 it could not be tried, 2 wrong usage, 3 any rejected.";

constexpr char kCommand[] = "verify";

struct VerifyFlags {
  std::string target = std::string(HostTarget().has_value() ? Info(*HostTarget()).name : "");
  std::string signature;
  std::string callee_offset;
  std::string code;
  std::string batch;
  std::string profile = std::string(Info(CallerProfile::kV8_10).name);
  uint32_t alignment = 16;
};

int VerifyOne(const VerifyFlags& flags, CallerProfile profile) {
  const absl::StatusOr<CodeText> code =
      ParseCode(flags.target, flags.signature, flags.callee_offset, flags.code);
  if (!code.ok()) return Fail(kCommand, code.status());
  const std::string reason = VerifyText(*code, profile, flags.alignment);
  const int written =
      WriteOutput(kCommand, reason.empty() ? "ok\n" : absl::StrCat("reject\t", reason, "\n"));
  return written == kExitOk && !reason.empty() ? kExitRejected : written;
}

int VerifyBatchFile(const VerifyFlags& flags, CallerProfile profile) {
  absl::StatusOr<BatchFile> file = BatchFile::Open(flags.batch);
  if (!file.ok()) return Fail(kCommand, file.status());
  const absl::StatusOr<VerifyCounts> counts =
      VerifyBatch(file->stream(), std::cout, profile, flags.alignment);
  if (!counts.ok()) return Fail(kCommand, counts.status());
  const absl::Status whole = file->Finish();
  if (!whole.ok()) return Fail(kCommand, whole);
  if (counts->rejected == 0) return kExitOk;
  std::cerr << "springboard verify: " << counts->rejected << " of " << counts->lines
            << " lines rejected\n";
  return kExitRejected;
}

int Run(const VerifyFlags& flags) {
  const bool has_any =
      !flags.signature.empty() || !flags.callee_offset.empty() || !flags.code.empty();
  const bool has_all =
      !flags.signature.empty() && !flags.callee_offset.empty() && !flags.code.empty();
  if (flags.batch.empty() ? !has_all : has_any) {
    std::cerr << "springboard verify: give either --batch, or --signature, --callee-offset and "
                 "--code\n";
    return kExitUsage;
  }
  const absl::StatusOr<CallerProfile> profile = FindCallerProfile(flags.profile);
  if (!profile.ok()) return Fail(kCommand, profile.status());
  return flags.batch.empty() ? VerifyOne(flags, *profile) : VerifyBatchFile(flags, *profile);
}

}  // namespace

void AddVerifyCommand(CLI::App& program, int* exit_code) {
  const auto flags = std::make_shared<VerifyFlags>();
  CLI::App& command = *program.add_subcommand(
      "verify", "Prove that code is the trampoline of a signature, as the client does");
  CLI::Option* const target =
      command
          .add_option("--target", flags->target, "What the code is for; see springboard targets")
          ->capture_default_str();
  command.add_option("--signature", flags->signature, "RESULT(PARAMETER,...)");
  command.add_option("--callee-offset", flags->callee_offset,
                     "Where the callee's 8 bytes are, in bytes");
  command.add_option("--code", flags->code, "The unrelocated code")->type_name("HEX");
  command.add_option("--profile", flags->profile, "Who calls the trampoline")
      ->capture_default_str();
  command.add_option("--alignment", flags->alignment, "Of the code's first byte")
      ->capture_default_str();
  command
      .add_option("--batch", flags->batch,
                  "Verify each line of this file, which names its target; - reads stdin")
      ->type_name("FILE")
      ->excludes(target);
  command.footer(kFooter);
  command.callback([flags, exit_code] { *exit_code = Run(*flags); });
}

}  // namespace springboard
