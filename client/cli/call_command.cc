#include <dlfcn.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "client/arena/code_arena.h"
#include "client/cli/command.h"
#include "client/cli/output.h"
#include "client/cli/source_flags.h"
#include "client/cli/v8_call.h"
#include "client/host_target.h"

namespace springboard {
namespace {

constexpr char kFooter[] =
    "Examples:\n"
    "  springboard call --library=libm.so.6 --symbol=pow --signature='f64(f64,f64)' -- 2 10\n"
    "  springboard call --library=libz.so.1 --symbol=crc32 --signature='u64(u64,buffer,u32)' "
    "-- 0 hello 5\n"
    "\n"
    "Arguments: integers in decimal or 0x hexadecimal; true or false; numbers; null or an address\n"
    "for a pointer or function; for a buffer its text, or hex:00ff.\n"
    "The function really runs, in this process: a wrong signature can crash it.\n"
    "Exit codes: 0 called, 1 it could not be, 2 wrong usage.";

struct CallFlags {
  std::string library;
  std::string symbol;
  std::string signature;
  std::vector<std::string> arguments;
  SourceFlags source;
  bool no_verify = false;
};

using Library = std::unique_ptr<void, int (*)(void*)>;

absl::StatusOr<void*> FindSymbol(const Library& library, const CallFlags& flags) {
  if (library == nullptr) {
    return absl::NotFoundError(absl::StrCat("cannot load the library: ", dlerror()));
  }
  void* const symbol = dlsym(library.get(), flags.symbol.c_str());
  if (symbol == nullptr) {
    return absl::NotFoundError(absl::StrCat("no such symbol: ", dlerror()));
  }
  return symbol;
}

absl::StatusOr<std::string> Call(const CallFlags& flags) {
  const std::optional<Target> target = HostTarget();
  if (!target.has_value()) {
    return absl::FailedPreconditionError("there are no trampolines for this machine");
  }
  absl::StatusOr<Signature> signature = Signature::Parse(flags.signature);
  if (!signature.ok()) return signature.status();
  const absl::Status fits = CheckArguments(*signature, flags.arguments);
  if (!fits.ok()) return fits;
  const Library library(dlopen(flags.library.c_str(), RTLD_NOW | RTLD_LOCAL), &dlclose);
  const absl::StatusOr<void*> symbol = FindSymbol(library, flags);
  if (!symbol.ok()) return symbol.status();
  const auto source = flags.source.MakeSource();
  if (!source.ok()) return source.status();
  const absl::StatusOr<Trampoline> trampoline =
      (*source)->Compile({*signature, *target}, flags.source.Deadline());
  if (!trampoline.ok()) return trampoline.status();
  CodeArenaOptions options;
  options.verification = flags.no_verify ? Verification::kOff : Verification::kOn;
  absl::StatusOr<CodeArena> arena = CodeArena::Create(options);
  if (!arena.ok()) return arena.status();
  const absl::StatusOr<BoundTrampoline> bound = arena->Link(*signature, *trampoline, *symbol);
  if (!bound.ok()) return bound.status();
  return CallAsV8(*bound, *signature, flags.arguments);
}

int Run(const CallFlags& flags) {
  const absl::StatusOr<std::string> result = Call(flags);
  return result.ok() ? WriteOutput("call", *result + "\n") : Fail("call", result.status());
}

}  // namespace

void AddCallCommand(CLI::App& program, const std::vector<std::string>& arguments, int* exit_code) {
  const auto flags = std::make_shared<CallFlags>();
  CLI::App& command = *program.add_subcommand(
      "call", "Call a function of a shared library through a trampoline, as V8 would");
  command.add_option("--library", flags->library, "As dlopen finds it: libm.so.6")->required();
  command.add_option("--symbol", flags->symbol, "The function's name")->required();
  command.add_option("--signature", flags->signature, "RESULT(PARAMETER,...)")->required();
  command.add_flag("--no-verify", flags->no_verify,
                   "Trust the server: map its code without proof, and say so on stderr");
  flags->arguments = arguments;
  flags->source.AddTo(command);
  command.footer(kFooter);
  command.callback([flags, exit_code] { *exit_code = Run(*flags); });
}

}  // namespace springboard
