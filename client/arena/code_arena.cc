#include "client/arena/code_arena.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/arena/checked_reserve.h"
#include "client/arena/link_error.h"
#include "client/arena/static_table.h"
#include "client/arena/unwinding.h"
#include "client/host_target.h"
#include "client/log.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

class WayMapper final : public CodeMapper {
 public:
  WayMapper(MappingWay way, std::string directory) : way_(way), directory_(std::move(directory)) {}

  ReservedRegion Reserve(size_t size, MapTime time) override {
    return ReserveRegion(way_, size, time, directory());
  }

  ReservedRegion ReserveNear(size_t size, MapTime time, Neighborhood neighborhood) override {
    return ReserveRegion(way_, size, time, directory(), neighborhood);
  }

 private:
  const char* directory() const { return directory_.empty() ? nullptr : directory_.c_str(); }

  const MappingWay way_;
  const std::string directory_;
};

// A function that returns kProbeResult, on the instruction sets that there are.
constexpr int kProbeResult = 0x5B;
constexpr uint8_t kProbeX64[] = {0xB8, kProbeResult, 0, 0, 0, 0xC3};            // mov eax; ret
constexpr uint32_t kProbeA64[] = {0x52800000 | kProbeResult << 5, 0xD65F03C0};  // movz w0; ret

absl::Span<const uint8_t> Probe(Isa isa) {
  if (isa == Isa::kX64) return kProbeX64;
  return {reinterpret_cast<const uint8_t*>(kProbeA64), sizeof(kProbeA64)};
}

// What a mapper's regions are.
struct ProbeResult {
  MappingResult error;
  bool stays_writable = false;
};

// Maps a stub as an arena would map code, and runs it.
ProbeResult RunProbe(CodeMapper& mapper, MapTime time, Isa isa) {
  const absl::Span<const uint8_t> code = Probe(isa);
  ReservedRegion reserved = CheckedReserve(mapper, code.size(), time);
  if (const auto* error = std::get_if<MappingError>(&reserved)) return {*error};
  CodeRegion& region = **std::get_if<std::unique_ptr<CodeRegion>>(&reserved);
  const bool stays_writable = region.stays_writable();
  if (const MappingResult error = CheckedWriteAndMap(region, code.data(), code.size())) {
    return {error};
  }
  const auto stub = reinterpret_cast<int (*)()>(reinterpret_cast<uintptr_t>(region.address()));
  if (stub() != kProbeResult) return {MappingError{"execution", EFAULT}};
  return {std::nullopt, stays_writable};
}

// When an arena of the way maps its pages, as far as can be told before there is a region.
MapTime TimeOf(MappingWay way, const CodeArenaOptions& options) {
  const bool is_early = options.reserve_bytes > 0 || way == MappingWay::kDual;
  return is_early ? MapTime::kAtReserve : MapTime::kAfterSeal;
}

std::vector<std::string> TemporaryDirectories(const CodeArenaOptions& options) {
  if (!options.temporary_directory.empty()) return {options.temporary_directory};
  std::vector<std::string> directories;
  if (const char* const named = std::getenv("TMPDIR"); named != nullptr && *named != '\0') {
    directories.emplace_back(named);
  }
  for (const char* const usual : {"/tmp", "/var/tmp", "/dev/shm"}) directories.emplace_back(usual);
  return directories;
}

absl::Status NoSuchWay(absl::string_view message) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kNoSuchWay, "way", message);
}

absl::Status CheckHost() {
  if (HostTarget().has_value()) return absl::OkStatus();
  return MakeError(absl::StatusCode::kFailedPrecondition, reason::kWrongTarget, "",
                   "this process runs no trampolines: no target is for it");
}

bool IsSameCode(const LinkRequest& a, const LinkRequest& b) {
  return a.signature == b.signature && a.trampoline == b.trampoline;
}

// How many of the requests, from the first on, are for the code of the first.
size_t SameCodeCount(absl::Span<const LinkRequest> requests) {
  const auto end = std::find_if_not(
      requests.begin(), requests.end(),
      [&requests](const LinkRequest& one) { return IsSameCode(one, requests.front()); });
  return static_cast<size_t>(end - requests.begin());
}

// Of a request, and of `callees` - 1 others for the same code, whose callees are not looked at.
absl::Status CheckRequest(const LinkRequest& request, Verification verification,
                          size_t callees = 1) {
  const Target target = request.trampoline->target;
  if (HostTarget() != target) {
    return MakeError(absl::StatusCode::kFailedPrecondition, reason::kWrongTarget, "target",
                     absl::StrCat("this process runs trampolines for ", ToString(*HostTarget()),
                                  "; got one for ", ToString(target)));
  }
  if (request.callee == nullptr) return NullCallee();
  return CheckCode(*request.signature, *request.trampoline, verification, callees);
}

// In errors, the first of the requests is the one of this number.
absl::Status CheckSameCode(absl::Span<const LinkRequest> requests, size_t first,
                           Verification verification) {
  const auto null = std::find_if(requests.begin(), requests.end(),
                                 [](const LinkRequest& one) { return one.callee == nullptr; });
  const auto good = static_cast<size_t>(null - requests.begin());
  // Those before it have been proven, whatever becomes of them.
  absl::Status status = CheckRequest(requests.front(), verification, std::max<size_t>(good, 1));
  if (!status.ok()) return WithFieldPrefix(status, absl::StrCat("requests[", first, "]"));
  if (null == requests.end()) return status;
  return WithFieldPrefix(NullCallee(), absl::StrCat("requests[", first + good, "]"));
}

// One line, however many they are: one for each would take far longer than to prove them.
void LogUnverified(const Signature& first, size_t count) {
  LogWarning(absl::StrCat(
      "mapping ",
      count == 1 ? absl::StrCat("a trampoline of ", first.ToString())
                 : absl::StrCat(count, " trampolines, the first of ", first.ToString(), ","),
      " without proof, since verification is off"));
}

absl::StatusOr<BoundTrampoline> LinkOne(Linker& linker, const LinkRequest& request) {
  absl::StatusOr<std::vector<BoundTrampoline>> linked = linker.Link({&request, 1});
  if (!linked.ok()) return linked.status();
  return std::move(linked->front());
}

LinkerOptions OptionsOfLinker(CodeMapper& mapper, const std::string& directory,
                              const CodeArenaOptions& options) {
  LinkerOptions result = {&mapper, directory, options.observers, options.reserve_bytes};
  // What nobody proves is mapped as it came.
  result.relaxes = options.relaxes && options.verification == Verification::kOn;
  if (options.unwind_tables) result.observers.push_back(&Unwinding(*options.unwind_tables));
  return result;
}

}  // namespace

CodeArena::CodeArena() = default;
CodeArena::CodeArena(CodeArena&&) noexcept = default;
CodeArena& CodeArena::operator=(CodeArena&&) noexcept = default;
CodeArena::~CodeArena() = default;

absl::StatusOr<CodeArena> CodeArena::Create(CodeArenaOptions options) {
  return WithoutThrowing([&]() -> absl::StatusOr<CodeArena> {
    const absl::Status runs = CheckHost();
    if (!runs.ok()) return runs;
    CodeArena arena;
    arena.verification_ = options.verification;
    std::vector<MappingWay> ways;
    if (options.way.has_value()) {
      ways = {*options.way};
    } else if (options.mapper != nullptr) {
      ways = {MappingWay::kEmbedder};
    } else {
      ways = {MappingWay::kSealedShared, MappingWay::kSealedPrivate, MappingWay::kDual,
              MappingWay::kTemporaryFile, MappingWay::kAnonymous};
      if (options.static_table != nullptr) ways.push_back(MappingWay::kStaticTable);
    }
    for (const MappingWay way : ways) {
      const absl::Status status = arena.TryWay(way, options);
      if (!status.ok()) return status;
      if (arena.linker_ != nullptr) return arena;
    }
    return MakeError(absl::StatusCode::kUnavailable, reason::kMappingRefused, "",
                     absl::StrCat("the system does not map code: ", arena.RefusalsText()));
  });
}

std::string CodeArena::RefusalsText() const {
  return absl::StrJoin(refusals_, "; ", [](std::string* out, const Refusal& refusal) {
    out->append(refusal.ToString());
  });
}

// An error of the last way that is tried says what was refused before.
absl::Status CodeArena::AfterRefusals(const absl::Status& status) const {
  const std::optional<ErrorDetails> details = GetErrorDetails(status);
  if (refusals_.empty() || !details.has_value()) return status;
  return MakeError(status.code(), details->reason, details->field,
                   absl::StrCat(status.message(), "; before it: ", RefusalsText()));
}

// Sets linker_ if it works, adds to refusals_ if the system refuses.
absl::Status CodeArena::TryWay(MappingWay way, const CodeArenaOptions& options) {
  if (way == MappingWay::kStaticTable) {
    if (options.static_table == nullptr) return NoSuchWay("static-table needs a static_table");
    absl::StatusOr<std::unique_ptr<Linker>> linker = MakeStaticLinker(*options.static_table);
    if (!linker.ok()) return AfterRefusals(linker.status());
    way_ = way;
    linker_ = *std::move(linker);
    return absl::OkStatus();
  }
  if (way == MappingWay::kEmbedder && options.mapper == nullptr) {
    return NoSuchWay("embedder needs a mapper");
  }
  if (way != MappingWay::kEmbedder && options.mapper != nullptr) {
    return NoSuchWay(absl::StrCat("a mapper is for the way embedder alone; got ", Name(way)));
  }
  const std::vector<std::string> directories = way == MappingWay::kTemporaryFile
                                                   ? TemporaryDirectories(options)
                                                   : std::vector<std::string>{""};
  for (const std::string& directory : directories) {
    CodeMapper* mapper = options.mapper;
    if (way != MappingWay::kEmbedder) {
      own_mapper_ = std::make_unique<WayMapper>(way, directory);
      mapper = own_mapper_.get();
    }
    const Isa isa = Info(*HostTarget()).isa;
    const MapTime time = TimeOf(way, options);
    ProbeResult probe = RunProbe(*mapper, time, isa);
    // What stays writable will be mapped at its reservation: an embedder's may refuse that.
    if (!probe.error && probe.stays_writable && time == MapTime::kAfterSeal) {
      probe = RunProbe(*mapper, MapTime::kAtReserve, isa);
    }
    if (probe.error) {
      AddRefusal(way, *probe.error, directory);
      continue;
    }
    const LinkerOptions linker_options = OptionsOfLinker(*mapper, directory, options);
    MadeLinker made = probe.stays_writable ? MakeIncrementalLinker(linker_options)
                                           : MakeBatchLinker(linker_options);
    if (const auto* error = std::get_if<MappingError>(&made)) {
      AddRefusal(way, *error, directory);
      continue;
    }
    way_ = way;
    linker_ = std::move(*std::get_if<std::unique_ptr<Linker>>(&made));
    return absl::OkStatus();
  }
  return absl::OkStatus();
}

void CodeArena::AddRefusal(MappingWay way, const MappingError& error,
                           const std::string& directory) {
  refusals_.push_back(
      {way, OperationIn(error, directory), error.system_error, LikelyCause(error, directory)});
}

absl::StatusOr<BoundTrampoline> CodeArena::Link(const Signature& signature,
                                                const Trampoline& trampoline, const void* callee) {
  return WithoutThrowing([&]() -> absl::StatusOr<BoundTrampoline> {
    const LinkRequest request = {&signature, &trampoline, callee};
    const absl::Status checked = CheckRequest(request, verification_);
    if (!checked.ok()) return checked;
    if (verification_ == Verification::kOff) LogUnverified(signature, 1);
    return LinkOne(*linker_, request);
  });
}

absl::StatusOr<BoundTrampoline> CodeArena::LinkStatic(const Signature& signature,
                                                      const void* callee, CallerProfile profile) {
  return WithoutThrowing([&]() -> absl::StatusOr<BoundTrampoline> {
    if (way_ != MappingWay::kStaticTable) {
      return MakeError(absl::StatusCode::kFailedPrecondition, reason::kNoSuchWay, "way",
                       absl::StrCat("only an arena of the way static-table has code of its own; "
                                    "this one's is ",
                                    Name(way_)));
    }
    if (callee == nullptr) return NullCallee();
    Trampoline none = {};
    none.target = *HostTarget();
    none.profile = profile;
    const LinkRequest request = {&signature, &none, callee};
    return LinkOne(*linker_, request);
  });
}

absl::StatusOr<std::vector<BoundTrampoline>> CodeArena::LinkAll(
    absl::Span<const LinkRequest> requests) {
  return WithoutThrowing([&]() -> absl::StatusOr<std::vector<BoundTrampoline>> {
    for (size_t first = 0; first < requests.size();) {
      const size_t count = SameCodeCount(requests.subspan(first));
      const absl::Status checked =
          CheckSameCode(requests.subspan(first, count), first, verification_);
      if (!checked.ok()) return checked;
      first += count;
    }
    if (verification_ == Verification::kOff && !requests.empty()) {
      LogUnverified(*requests[0].signature, requests.size());
    }
    return linker_->Link(requests);
  });
}

}  // namespace springboard
