#include "tests/client/arena/sandbox/cell.h"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/arena/code_arena.h"
#include "client/arena/common_table.h"
#include "client/host_target.h"
#include "client/source/remote_source.h"
#include "client/testing/local_server.h"
#include "compiler/compile.h"
#include "compiler/error_details.h"
#include "tests/client/arena/memory_map.h"

namespace springboard {
namespace {

using Kind = CellResult::Kind;

double Subtract(double a, double b) { return a - b; }
uint16_t SwapBytes(uint16_t value) { return static_cast<uint16_t>(value << 8 | value >> 8); }
int64_t Negate(int64_t value) { return -value; }

struct TypedArray {
  uint64_t length;
  void* data;
};

// A trampoline of each kind, and a call through it.
struct Sample {
  const char* signature;
  const void* callee;
  bool (*call_is_right)(const BoundTrampoline& bound);
};

const Sample kSamples[] = {
    // Tail call.
    {"f64(f64,f64)", reinterpret_cast<const void*>(&Subtract),
     [](const BoundTrampoline& bound) {
       return bound.As<double(void*, double, double)>()(nullptr, 5.5, 0.25) == 5.25;
     }},
    // A frame, and a result that is extended.
    {"u16(u16)", reinterpret_cast<const void*>(&SwapBytes),
     [](const BoundTrampoline& bound) {
       return bound.As<uint32_t(void*, uint32_t)>()(nullptr, 0xABCD1234) == 0x3412;
     }},
    // A frame, and a result that goes through an out array.
    {"i64(i64)", reinterpret_cast<const void*>(&Negate),
     [](const BoundTrampoline& bound) {
       int64_t out = 0;
       TypedArray array = {1, &out};
       bound.As<void(void*, int64_t, TypedArray*)>()(nullptr, int64_t{1} << 60, &array);
       return out == -(int64_t{1} << 60);
     }},
};

struct Compiled {
  Signature signature;
  Trampoline trampoline;
};

absl::StatusOr<std::vector<Compiled>> CompileSamples(bool with_server) {
  std::vector<CompileRequest> requests;
  for (const Sample& sample : kSamples) {
    requests.push_back({*Signature::Parse(sample.signature), *HostTarget()});
  }
  std::vector<absl::StatusOr<Trampoline>> trampolines;
  if (with_server) {
    const absl::StatusOr<LocalServer> server = LocalServer::Start();
    if (!server.ok()) return server.status();
    RemoteSource source(server->address());
    trampolines = source.CompileMany(requests, absl::Now() + absl::Seconds(10));
  } else {
    for (const CompileRequest& request : requests) trampolines.push_back(Compile(request));
  }
  std::vector<Compiled> compiled;
  for (size_t i = 0; i < requests.size(); ++i) {
    if (!trampolines[i].ok()) return trampolines[i].status();
    compiled.push_back({requests[i].signature, *trampolines[i]});
  }
  return compiled;
}

CellResult ResultOf(const absl::Status& status) {
  const std::optional<ErrorDetails> details = GetErrorDetails(status);
  const bool is_typed = status.code() == absl::StatusCode::kUnavailable && details.has_value() &&
                        details->reason == reason::kMappingRefused;
  return {is_typed ? Kind::kRefused : Kind::kWrong, status.ToString()};
}

CellResult LinkAndCall(CodeArena& arena, const std::vector<Compiled>& compiled) {
  std::vector<LinkRequest> requests;
  for (size_t i = 0; i < compiled.size(); ++i) {
    requests.push_back({&compiled[i].signature, &compiled[i].trampoline, kSamples[i].callee});
  }
  const absl::StatusOr<std::vector<BoundTrampoline>> linked = arena.LinkAll(requests);
  if (!linked.ok()) return ResultOf(linked.status());
  for (size_t i = 0; i < compiled.size(); ++i) {
    if (!kSamples[i].call_is_right((*linked)[i])) {
      return {Kind::kWrong, absl::StrCat(kSamples[i].signature, " gave a wrong result")};
    }
  }
  for (const std::string& line : MapsContaining(nullptr)) {
    if (line.find("rwx") != std::string::npos) return {Kind::kWrong, line};
  }
  return {Kind::kWorks, ""};
}

}  // namespace

CellResult RunCell(const Lockdown& lockdown, std::optional<MappingWay> way) {
  const absl::StatusOr<std::vector<Compiled>> compiled =
      CompileSamples(lockdown.uses_server_before);
  if (!compiled.ok()) return {Kind::kWrong, compiled.status().ToString()};
  CodeArenaOptions options;
  options.way = way;
  options.static_table = &springboard_common_table;
  options.temporary_directory = "/tmp";
  if (lockdown.reserves_before) options.reserve_bytes = 4 * kChunkBytes;

  absl::StatusOr<CodeArena> arena = absl::UnknownError("");
  if (lockdown.reserves_before) {
    arena = CodeArena::Create(options);
    if (!arena.ok()) return ResultOf(arena.status());
  }
  if (const std::optional<std::string> problem = lockdown.apply()) {
    return {Kind::kSkipped, *problem};
  }
  if (!lockdown.reserves_before) {
    arena = CodeArena::Create(options);
    if (!arena.ok()) return ResultOf(arena.status());
  }
  // Twice: an arena goes on being filled.
  for (int round = 0; round < 2; ++round) {
    CellResult result = LinkAndCall(*arena, *compiled);
    if (result.kind != Kind::kWorks) return result;
  }
  std::string text(Name(arena->way()));
  for (const Refusal& refusal : arena->refusals()) absl::StrAppend(&text, "; ", refusal.ToString());
  return {Kind::kWorks, text};
}

}  // namespace springboard
