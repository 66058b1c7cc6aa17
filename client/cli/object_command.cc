#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/cli/command.h"
#include "client/cli/compile_portions.h"
#include "client/cli/distinct_files.h"
#include "client/cli/jobs_flag.h"
#include "client/cli/manifest_flags.h"
#include "client/cli/output.h"
#include "client/cli/source_flags.h"
#include "client/cli/work_progress.h"
#include "client/manifest/manifest_requests.h"
#include "client/object/archive_writer.h"
#include "client/object/c_header.h"
#include "client/object/make_object.h"
#include "client/object/wanted_functions.h"
#include "client/object/write_object.h"
#include "common/temporary_file.h"
#include "compiler/compile_request.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

constexpr char kCommand[] = "object";

constexpr char kFooter[] =
    "Examples:\n"
    "  springboard object --manifest=stubs.textproto --target=x86_64-sysv --output=stubs.o \\\n"
    "      --header=stubs.h\n"
    "  springboard object --manifest=stubs.textproto --target=aarch64-linux --archive \\\n"
    "      --output=libstubs.a\n"
    "\n"
    "Objects are ELF for x86_64-sysv and aarch64-linux, COFF for Windows and Mach-O for Apple. "
    "The\n"
    "linker resolves the functions that the manifest names; every trampoline is proven before it\n"
    "becomes a part of the object.\n"
    "Exit codes: 0 done, 1 the manifest is wrong, or something could not be read, written or\n"
    "compiled, 2 wrong usage.";

struct ObjectFlags {
  ManifestFlags manifest;
  std::string target;  // Empty: what the manifest says, or the host's.
  std::string output;
  std::string header;  // Empty: none.
  std::string pattern = absl::StrCat("__springboard_", kCalleeInPattern);
  bool is_archive = false;
  bool has_landing_pads = false;
  bool is_quiet = false;
  SourceFlags source;
  JobsFlag jobs;
};

// By RequestKey().
using Trampolines = std::map<std::string, Trampoline>;

// Servers of different versions behind one name would make an object that nobody can make again.
absl::Status CheckSameVersion(const Trampolines& trampolines, const Trampoline& more) {
  if (trampolines.empty()) return absl::OkStatus();
  const uint32_t version = trampolines.begin()->second.codegen_version;
  if (version == more.codegen_version) return absl::OkStatus();
  return MakeError(absl::StatusCode::kFailedPrecondition, reason::kVersionMismatch, "",
                   absl::StrCat("an object is of one codegen version; it has ", version, ", got ",
                                more.codegen_version));
}

absl::StatusOr<Trampolines> CompileProven(const ObjectFlags& flags, const Manifest& manifest,
                                          Target target) {
  const auto source = flags.source.MakeSource();
  if (!source.ok()) return source.status();
  Trampolines trampolines;
  ManifestRequests requests(manifest, {target});
  WorkProgress progress(requests.size(), flags.is_quiet);
  const TakePortion take = [&](absl::Span<const CompileRequest> some,
                               absl::Span<const Trampoline> made) {
    for (size_t i = 0; i < some.size(); ++i) {
      absl::Status status = CheckSameVersion(trampolines, made[i]);
      if (!status.ok()) return WithFieldPrefix(status, some[i].signature.ToString());
      trampolines.emplace(RequestKey(some[i]), made[i]);
    }
    progress.Show(trampolines.size());
    return absl::OkStatus();
  };
  const PortionOptions options = {source->get(), [&flags] { return flags.source.Deadline(); },
                                  flags.jobs.Threads(flags.source)};
  absl::Status status = CompilePortions(
      options, [&requests] { return requests.Next(kRequestsAtOnce); }, take);
  if (!status.ok()) return status;
  return trampolines;
}

absl::StatusOr<Object> MakeObject(const ObjectFlags& flags, Target target,
                                  const std::vector<WantedFunction>& wanted,
                                  const Trampolines& trampolines) {
  Object object = {target, flags.has_landing_pads, {}};
  object.functions.reserve(wanted.size());
  for (const WantedFunction& one : wanted) {
    const ManifestSymbol& callee = *one.callee;
    const auto found = trampolines.find(RequestKey({callee.signature, target, callee.profile}));
    if (found == trampolines.end()) return absl::InternalError("no trampoline of " + callee.name);
    absl::StatusOr<ObjectFunction> function =
        MakeObjectFunction(found->second, one.name, callee.name,
                           flags.has_landing_pads ? Landing::kPad : Landing::kNone);
    if (!function.ok()) return WithFieldPrefix(function.status(), one.name);
    object.functions.push_back(*std::move(function));
  }
  return object;
}

// A member for each function, so that a linker takes those that are called.
absl::StatusOr<std::string> ArchiveOf(Object object) {
  // Mach-O's names of C functions begin with an underscore.
  const bool is_darwin = object.target == Target::kA64Apple;
  std::vector<ObjectFunction> functions = std::move(object.functions);
  std::vector<ArchiveMember> members;
  for (ObjectFunction& function : functions) {
    const std::string name = function.name;
    object.functions.clear();
    object.functions.push_back(std::move(function));
    absl::StatusOr<std::string> contents = WriteObject(object);
    if (!contents.ok()) return contents.status();
    members.push_back({absl::StrCat(absl::StrReplaceAll(name, {{"/", "_"}}), ".o"),
                       *std::move(contents),
                       {is_darwin ? absl::StrCat("_", name) : name}});
  }
  return WriteArchive(members, is_darwin ? ArchiveFormat::kDarwin : ArchiveFormat::kGnu);
}

absl::StatusOr<std::string> HeaderOf(const ObjectFlags& flags,
                                     const std::vector<WantedFunction>& wanted) {
  std::vector<CHeaderFunction> functions;
  functions.reserve(wanted.size());
  for (const WantedFunction& one : wanted) {
    functions.push_back({one.name, one.callee->name, &one.callee->signature, one.callee->origin});
  }
  return CHeader(flags.header, functions);
}

// All that is wrong is found before the first file is replaced.
absl::Status WriteFiles(const std::vector<std::pair<std::string, std::string>>& files) {
  std::vector<TemporaryFile> written;
  for (const auto& [path, bytes] : files) {
    absl::StatusOr<TemporaryFile> file = TemporaryFile::Create(path, TemporaryFile::Use::kOutput);
    if (!file.ok()) return file.status();
    absl::Status status = file->Append(bytes);
    if (status.ok()) status = file->Flush();
    if (!status.ok()) return status;
    written.push_back(*std::move(file));
  }
  for (TemporaryFile& file : written) {
    absl::Status status = file.Publish();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// How many functions were written.
absl::StatusOr<size_t> WriteAll(const ObjectFlags& flags) {
  std::vector<std::string> names;
  if (!flags.target.empty()) names.push_back(flags.target);
  const auto loaded = flags.manifest.Load(kCommand, names);
  if (!loaded.ok()) return loaded.status();
  if (loaded->targets.size() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("an object is for one target, and ",
                     flags.target.empty() ? "the manifest names " : "--target names ",
                     loaded->targets.size(), ": --target says which"));
  }
  const Target target = loaded->targets[0];
  const auto wanted = WantedFunctions(loaded->manifest, target, flags.pattern);
  if (!wanted.ok()) return wanted.status();
  std::vector<std::pair<std::string, std::string>> files;
  if (!flags.header.empty()) {
    absl::StatusOr<std::string> header = HeaderOf(flags, *wanted);
    if (!header.ok()) return header.status();
    files.emplace_back(flags.header, *std::move(header));
  }
  const absl::StatusOr<Trampolines> trampolines = CompileProven(flags, loaded->manifest, target);
  if (!trampolines.ok()) return trampolines.status();
  absl::StatusOr<Object> object = MakeObject(flags, target, *wanted, *trampolines);
  if (!object.ok()) return object.status();
  absl::StatusOr<std::string> bytes =
      flags.is_archive ? ArchiveOf(*std::move(object)) : WriteObject(*object);
  if (!bytes.ok()) return bytes.status();
  files.emplace_back(flags.output, *std::move(bytes));
  const absl::Status status = WriteFiles(files);
  if (!status.ok()) return status;
  return wanted->size();
}

int Run(const ObjectFlags& flags) {
  const std::string twice = FileNamedTwice({flags.output, flags.header}, flags.manifest.files());
  if (!twice.empty()) {
    std::cerr << "springboard object: " << EscapeControls(twice)
              << " is more than one of --manifest, --output and --header\n";
    return kExitUsage;
  }
  const absl::StatusOr<size_t> count = WriteAll(flags);
  if (!count.ok()) return Fail(kCommand, count.status());
  if (flags.is_quiet) return kExitOk;
  return WriteOutput(kCommand, absl::StrCat(flags.output, ": ", *count,
                                            *count == 1 ? " function\n" : " functions\n"));
}

}  // namespace

void AddObjectCommand(CLI::App& program, int* exit_code) {
  const auto flags = std::make_shared<ObjectFlags>();
  CLI::App& command =
      *program.add_subcommand(kCommand, "Write trampolines as an object file that a linker takes");
  flags->manifest.AddTo(command)->required();
  command.add_option("--target", flags->target,
                     "What it is for; without it what the manifest says, or this machine");
  command.add_option("--output", flags->output, "The object, or the archive")
      ->required()
      ->type_name("FILE");
  command
      .add_option("--header", flags->header,
                  "Also a header for C and C++ that declares the trampolines, and has how V8 calls "
                  "them")
      ->type_name("FILE");
  command
      .add_option("--symbol-pattern", flags->pattern,
                  "What a trampoline is called, with {name} for what it calls")
      ->capture_default_str();
  command.add_flag("--archive", flags->is_archive,
                   "A static archive, with an object for each trampoline");
  command.add_flag(
      "--landing-pads", flags->has_landing_pads,
      "Trampolines begin with endbr64 or bti c, and the object says that IBT and SHSTK "
      "or BTI are supported");
  command.add_flag("--quiet", flags->is_quiet, "Say nothing of what was made");
  flags->jobs.AddTo(command);
  flags->source.AddTo(command);
  command.footer(kFooter);
  command.callback([flags, exit_code] { *exit_code = Run(*flags); });
}

}  // namespace springboard
