#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/output.h"
#include "client/cli/pack_diff.h"
#include "client/cli/pack_text.h"
#include "client/cli/progress.h"
#include "client/pack/pack.h"
#include "client/pack/pack_check.h"

namespace springboard {
namespace {

constexpr char kCommand[] = "inspect";

// What more faults would tell.
constexpr size_t kMaxShownFaults = 20;

constexpr char kFooter[] =
    "Examples:\n"
    "  springboard inspect stubs.pack\n"
    "  springboard inspect --entry='f64(f64,f64)' --target=aarch64-linux stubs.pack\n"
    "  springboard inspect --check stubs.pack\n"
    "  springboard inspect old.pack new.pack\n"
    "\n"
    "Two packs are compared: what only the first has begins with -, what only the second has with "
    "+,\n"
    "and what both have with other code with !, with both disassemblies behind it.\n"
    "Exit codes: 0 done; two packs have the same; 1 they differ, or something could not be read "
    "or\n"
    "is not in the pack, 2 wrong usage, 3 --check found something wrong.";

struct InspectFlags {
  std::vector<std::string> files;
  std::string entry;
  std::vector<std::string> targets;  // None: those that the pack has.
  std::string profile = std::string(Info(CallerProfile::kV8_10).name);
  bool check = false;
  bool json = false;
};

// std::cout is written in portions, since a pack may have millions of entries.
int FinishOutput(int exit_code) {
  std::cout << std::flush;
  const int written = WriteOutput(kCommand, "");
  return written == kExitOk ? exit_code : written;
}

// What --entry asks for, of what the pack has. Error: that of Pack::Find() where it has none.
absl::StatusOr<std::vector<CompileRequest>> RequestsOf(const Pack& pack,
                                                       const InspectFlags& flags) {
  const absl::StatusOr<Signature> signature = Signature::Parse(flags.entry);
  if (!signature.ok()) return signature.status();
  const absl::StatusOr<CallerProfile> profile = FindCallerProfile(flags.profile);
  if (!profile.ok()) return profile.status();
  std::vector<CompileRequest> requests;
  for (const std::string& name : flags.targets) {
    const absl::StatusOr<Target> target = FindTarget(name);
    if (!target.ok()) return target.status();
    requests.push_back({*signature, *target, *profile});
  }
  if (!requests.empty()) return requests;
  absl::Status missing;
  for (const TargetInfo& row : AllTargets()) {
    const CompileRequest request = {*signature, row.target, *profile};
    absl::Status status = pack.Lookup(request).status();
    if (status.ok()) {
      requests.push_back(request);
    } else if (!absl::IsNotFound(status)) {
      return status;
    } else if (missing.ok()) {
      missing = std::move(status);
    }
  }
  if (requests.empty()) return missing;
  return requests;
}

int PrintEntries(const Pack& pack, const InspectFlags& flags) {
  const absl::StatusOr<std::vector<CompileRequest>> requests = RequestsOf(pack, flags);
  if (!requests.ok()) return Fail(kCommand, requests.status());
  const absl::StatusOr<std::string> text =
      flags.json ? PackEntriesJson(pack, *requests) : PackEntriesText(pack, *requests);
  return text.ok() ? WriteOutput(kCommand, *text) : Fail(kCommand, text.status());
}

// What --check found in a pack of so many entries, the first faults of all.
int PrintCheck(const std::string& name, size_t entries, size_t faults,
               const nlohmann::ordered_json& first_faults, const InspectFlags& flags) {
  if (flags.json) {
    const nlohmann::ordered_json json = {
        {"file", name}, {"entries", entries}, {"faults", faults}, {"first_faults", first_faults}};
    std::cout << json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
  } else if (faults == 0) {
    std::cout << EscapeControls(name) << ": " << entries
              << (entries == 1 ? " entry is proven\n" : " entries are proven\n");
  } else {
    for (const auto& fault : first_faults) std::cout << fault.get<std::string>() << "\n";
    std::cout << EscapeControls(name) << ": " << faults << (faults == 1 ? " fault\n" : " faults\n");
  }
  return FinishOutput(faults == 0 ? kExitOk : kExitRejected);
}

int Check(const Pack& pack, const InspectFlags& flags) {
  nlohmann::ordered_json shown = nlohmann::ordered_json::array();
  size_t faults = 0;
  {
    Progress progress;
    PackCheckObserver observer;
    observer.progress = [&](size_t done) {
      progress.Show(absl::StrCat(done, " of ", pack.size(), " entries"));
    };
    observer.fault = [&](const absl::Status& fault) {
      if (shown.size() < kMaxShownFaults) shown.push_back(DetailText(fault));
    };
    faults = CheckPack(pack, observer);
  }
  return PrintCheck(pack.name(), pack.size(), faults, shown, flags);
}

// The differences, as they are found; an error ends them.
absl::Status PrintDifferences(const Pack& before, const Pack& after,
                              const std::vector<PackDifference>& differences, bool json) {
  const char* separator = "\n";
  for (const PackDifference& difference : differences) {
    const absl::StatusOr<std::string> text = json ? DifferenceJson(before, after, difference)
                                                  : DifferenceText(before, after, difference);
    if (!text.ok()) return text.status();
    if (json) std::cout << std::exchange(separator, ",\n");
    std::cout << *text;
  }
  return absl::OkStatus();
}

int Compare(const Pack& before, const Pack& after, const InspectFlags& flags) {
  for (const Pack* const pack : {&before, &after}) {
    const absl::Status whole = CheckPackDigest(*pack);
    if (!whole.ok()) return Fail(kCommand, whole);
  }
  const absl::StatusOr<std::vector<PackDifference>> differences = ComparePacks(before, after);
  if (!differences.ok()) return Fail(kCommand, differences.status());
  // Of the same entries there is one file: the digest is of everything in it.
  const bool is_same = std::equal(std::begin(before.header().digest),
                                  std::end(before.header().digest), after.header().digest);
  if (flags.json) {
    std::cout << "{\"codegen_versions\":[" << before.codegen_version() << ","
              << after.codegen_version() << "],\"differences\":[";
  } else if (!is_same) {
    for (const Pack* const pack : {&before, &after}) {
      std::cout << (pack == &before ? "--- " : "+++ ") << EscapeControls(pack->name()) << ": "
                << PackSummary(*pack) << "\n";
    }
  }
  const absl::Status printed = PrintDifferences(before, after, *differences, flags.json);
  if (!printed.ok()) return Fail(kCommand, printed);
  if (flags.json) std::cout << "\n]}\n";
  return FinishOutput(is_same ? kExitOk : kExitFailed);
}

int Inspect(const Pack& pack, const InspectFlags& flags) {
  if (flags.check) return Check(pack, flags);
  if (!flags.entry.empty()) return PrintEntries(pack, flags);
  // It is printed, for whoever compares it.
  absl::Status status = CheckPackDigest(pack);
  if (status.ok()) {
    status = flags.json ? PrintPackJson(pack, std::cout) : PrintPackTable(pack, std::cout);
  }
  return status.ok() ? FinishOutput(kExitOk) : Fail(kCommand, status);
}

int Run(const InspectFlags& flags) {
  if (flags.files.size() == 2 && (flags.check || !flags.entry.empty())) {
    std::cerr << "springboard inspect: --check and --entry take one FILE\n";
    return kExitUsage;
  }
  std::vector<Pack> packs;
  for (const std::string& file : flags.files) {
    absl::StatusOr<Pack> pack = Pack::Open(file);
    if (flags.check && absl::IsDataLoss(pack.status())) {
      return PrintCheck(file, 0, 1, {DetailText(pack.status())}, flags);
    }
    if (!pack.ok()) return Fail(kCommand, pack.status());
    packs.push_back(*std::move(pack));
  }
  return packs.size() == 2 ? Compare(packs[0], packs[1], flags) : Inspect(packs[0], flags);
}

}  // namespace

void AddInspectCommand(CLI::App& program, int* exit_code) {
  const auto flags = std::make_shared<InspectFlags>();
  CLI::App& command =
      *program.add_subcommand(kCommand, "Print a pack or one of its entries, or compare two packs");
  command.add_option("file", flags->files, "The pack, or two to compare")
      ->required()
      ->expected(1, 2)
      ->type_name("FILE");
  CLI::Option* const entry =
      command
          .add_option("--entry", flags->entry,
                      "Print what the pack has of this signature: where each argument is, the code "
                      "and its disassembly")
          ->type_name("SIGNATURE");
  command
      .add_option("--target", flags->targets,
                  "The entry's, with commas between; without it all that the pack has")
      ->delimiter(',')
      ->needs(entry);
  command.add_option("--profile", flags->profile, "The entry's")
      ->capture_default_str()
      ->needs(entry);
  command
      .add_flag("--check", flags->check,
                "Check every digest, and prove the code of every entry, as a client does")
      ->excludes(entry);
  command.add_flag("--json", flags->json, "Print JSON");
  command.footer(kFooter);
  command.callback([flags, exit_code] { *exit_code = Run(*flags); });
}

}  // namespace springboard
