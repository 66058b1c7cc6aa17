// Does one of the hot paths a number of times: hot_paths PATH COUNT. Instructions of twice the
// count less those of the count are those of the path; see instructions_test.sh.

#include <google/protobuf/arena.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/arena/code_arena.h"
#include "client/pack/pack.h"
#include "client/verifier/verifier.h"
#include "compiler/compile.h"
#include "proto/conversion.h"
#include "server/request_handler.h"
#include "tests/support/files.h"
#include "tests/support/pack_bytes.h"
#include "tests/support/signature_generator.h"

namespace springboard {
namespace {

using Count = uint32_t;
// Does it that often. What it needs is made by what gives it, and counts for both runs.
using Path = std::function<void(Count)>;

constexpr absl::string_view kShort = "u32(u32,u32)";
constexpr absl::string_view kLong =
    "u64(u8,i16,buffer,f64,f32,u64,u64,u64,u8,i8,buffer,f64,f64,f64,f64,f64,f64,f64,f32,u16,i16,"
    "buffer)";

// What was done must not be optimised away, and must have worked.
void Require(bool is_right) {
  if (is_right) return;
  std::cerr << "hot_paths: it failed\n";
  std::exit(1);
}

Path CompilePath(absl::string_view signature, Target target) {
  return [request = CompileRequest{*Signature::Parse(signature), target}](Count count) {
    for (Count i = 0; i < count; ++i) Require(Compile(request).ok());
  };
}

Path VerifyPath(absl::string_view text, Target target) {
  const Signature signature = *Signature::Parse(text);
  return [signature, made = *Compile({signature, target})](Count count) {
    const UnverifiedCode code = {made.code, made.relocation.callee_offset_bytes,
                                 made.alignment_bytes};
    for (Count i = 0; i < count; ++i) {
      Require(!Verify(signature, made.target, made.profile, code).has_value());
    }
  };
}

void Callee() {}

Path LinkPath(Verification verification) {
  const Signature signature = *Signature::Parse(kShort);
  return [=](Count count) {
    const absl::StatusOr<Trampoline> made = Compile({signature, Target::kX64SystemV});
    CodeArenaOptions options;
    options.verification = verification;
    absl::StatusOr<CodeArena> arena = CodeArena::Create(options);
    Require(made.ok() && arena.ok());
    const std::vector<LinkRequest> requests(
        count, LinkRequest{&signature, &*made, reinterpret_cast<const void*>(&Callee)});
    Require(arena->LinkAll(requests).ok());
  };
}

Path LookUpPath() {
  return [](Count count) {
    const TemporaryFolder folder;
    const std::string path = folder.File("a.pack");
    std::vector<CompileRequest> requests;
    for (const TargetInfo& row : AllTargets()) {
      for (const absl::string_view text : {kShort, kLong}) {
        requests.push_back({*Signature::Parse(text), row.target});
      }
    }
    Require(WritePack(path, requests).ok());
    const absl::StatusOr<Pack> pack = Pack::Open(path);
    Require(pack.ok());
    for (Count i = 0; i < count; ++i) Require(pack->Lookup(requests[i % requests.size()]).ok());
  };
}

// A pack is as quickly opened whatever it has.
Path OpenPackPath(size_t entries) {
  return [entries](Count count) {
    const TemporaryFolder folder;
    const std::string path = folder.File("a.pack");
    std::vector<CompileRequest> requests;
    SignatureGenerator generator(/*seed=*/8);
    while (requests.size() < entries) requests.push_back({generator.Next(), Target::kX64SystemV});
    Require(WritePack(path, requests).ok());
    for (Count i = 0; i < count; ++i) Require(Pack::Open(path).ok());
  };
}

// From the bytes of a batch to those of its answer, as a server that counts nothing.
Path AnswerPath() {
  return [](Count count) {
    v1::BatchCompileTrampolinesRequest request;
    *request.add_requests() =
        ToProto(CompileRequest{*Signature::Parse(kShort), Target::kX64SystemV});
    const std::string one = request.SerializeAsString();
    // Messages behind each other are one, with the items of all.
    std::string bytes;
    for (Count i = 0; i < count; ++i) bytes += one;
    RequestLimits limits;
    limits.max_batch_items = kMaxBatchItems;
    const RequestHandler handler(limits, std::nullopt);
    google::protobuf::Arena arena;
    auto& received =
        *google::protobuf::Arena::CreateMessage<v1::BatchCompileTrampolinesRequest>(&arena);
    Require(received.ParseFromString(bytes));
    Work work;
    std::string response;
    google::protobuf::io::StringOutputStream stream(&response);
    Require(handler
                .Answer(
                    received, [] { return false; }, &stream, &work)
                .ok());
  };
}

std::map<std::string, std::function<Path()>> AllPaths() {
  std::map<std::string, std::function<Path()>> paths;
  for (const TargetInfo& row : AllTargets()) {
    const Target target = row.target;
    for (const bool is_short : {true, false}) {
      const absl::string_view text = is_short ? kShort : kLong;
      const std::string name = absl::StrCat(row.name, is_short ? "/short" : "/long");
      paths["compile/" + name] = [=] { return CompilePath(text, target); };
      paths["verify/" + name] = [=] { return VerifyPath(text, target); };
    }
  }
  paths["link/proven"] = [] { return LinkPath(Verification::kOn); };
  paths["link/unproven"] = [] { return LinkPath(Verification::kOff); };
  paths["pack/lookup"] = [] { return LookUpPath(); };
  for (const size_t entries : {16, 1024}) {
    paths[absl::StrCat("pack/open_", entries)] = [=] { return OpenPackPath(entries); };
  }
  paths["server/batch_item"] = [] { return AnswerPath(); };
  return paths;
}

int Main(int argc, char** argv) {
  const auto paths = AllPaths();
  if (argc == 2 && absl::string_view(argv[1]) == "--list") {
    for (const auto& [name, path] : paths) std::cout << name << "\n";
    return 0;
  }
  Count count = 0;
  if (argc != 3 || paths.count(argv[1]) == 0 || !absl::SimpleAtoi(argv[2], &count) || count == 0) {
    std::cerr << "usage: hot_paths PATH COUNT, or hot_paths --list\n";
    return 2;
  }
  paths.at(argv[1])()(count);
  return 0;
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) { return springboard::Main(argc, argv); }
