// A pack that anybody made: byte 0 picks how it comes about. It is the rest of the input, or a good
// pack with edits of four bytes each: which section, where in it (two) and what is changed there.
// Where byte 0 says so, all hashes are made right again, which a fuzzer does not by chance.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "client/pack/pack.h"
#include "client/pack/pack_check.h"
#include "client/pack/pack_format.h"
#include "compiler/compile.h"
#include "tests/fuzz/property.h"
#include "tests/support/pack_bytes.h"

namespace springboard {
namespace {

constexpr uint8_t kIsWhole = 1;
constexpr uint8_t kIsSealed = 2;
constexpr size_t kEditBytes = 4;

struct GoodPack {
  std::vector<CompileRequest> requests;
  std::vector<Trampoline> trampolines;
  std::string bytes;
};

const GoodPack& Good() {
  static const auto* const good = new GoodPack([] {
    GoodPack made;
    for (const char* text : {"f64(f64,f64)", "i8(i8)", "u64(buffer,u16)", "void()"}) {
      for (const TargetInfo& row : AllTargets()) {
        made.requests.push_back({*Signature::Parse(text), row.target});
        made.trampolines.push_back(*Compile(made.requests.back()));
      }
    }
    made.bytes = PackOf(made.requests);
    Require(!made.bytes.empty(), "there is a place to write a pack", [] { return "TEST_TMPDIR"; });
    return made;
  }());
  return *good;
}

void Edit(absl::string_view edit, std::string& bytes) {
  const PackHeader header = HeaderOf(Good().bytes);
  const PackRow end = RowOf(Good().bytes, header.entries);
  const size_t sections[] = {0, sizeof(PackHeader), static_cast<size_t>(header.index_offset),
                             header.index_offset + PackIndexBytes(header.entries)};
  const size_t ends[] = {sizeof(PackHeader), static_cast<size_t>(end.offset),
                         header.index_offset + PackIndexBytes(header.entries), bytes.size()};
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(edit[i]); };
  const size_t section = byte(0) % 4;
  const size_t place = byte(1) | size_t{byte(2)} << 8;
  const size_t offset = sections[section] + place % (ends[section] - sections[section]);
  bytes[offset] = static_cast<char>(bytes[offset] ^ edit[3]);
}

// `is_damaged`: nobody made the hashes right, so what is found is what was written.
void CheckPackBytes(const std::string& bytes, bool is_damaged) {
  const auto input = [&] { return absl::BytesToHexString(bytes); };
  const absl::StatusOr<Pack> pack = Pack::Parse(bytes, "a.pack");
  if (!pack.ok()) {
    RequireError(pack.status(),
                 absl::IsFailedPrecondition(pack.status()) ? absl::StatusCode::kFailedPrecondition
                                                           : absl::StatusCode::kDataLoss,
                 input);
    return;
  }
  for (size_t i = 0; i < Good().requests.size(); ++i) {
    const CompileRequest& request = Good().requests[i];
    const absl::StatusOr<PackEntry> entry = pack->Lookup(request);
    const absl::StatusOr<Trampoline> found = pack->Find(request);
    Require(entry.status() == found.status(), "looking up again gives the same", input);
    if (!entry.ok()) {
      const bool is_missing = absl::IsNotFound(entry.status());
      Require(!is_damaged || !is_missing, "damage does not hide an entry", input);
      RequireError(entry.status(),
                   is_missing ? absl::StatusCode::kNotFound : absl::StatusCode::kDataLoss, input);
      continue;
    }
    Require(entry->key() == RequestKey(request), "an entry is for what was asked for", input);
    Require(!is_damaged || *found == Good().trampolines[i], "damage does not change an entry",
            input);
  }
  size_t reported = 0;
  const size_t faults = CheckPack(*pack, {{}, [&](const absl::Status& fault) {
                                            Require(!fault.ok(), "a fault is an error", input);
                                            ++reported;
                                          }});
  Require(faults == reported, "every fault is told", input);
  Require(!is_damaged || (faults == 0) == (bytes == Good().bytes), "any damage is found", input);
}

void CheckInput(absl::string_view input) {
  if (input.empty()) return;
  const auto mode = static_cast<uint8_t>(input[0]);
  input.remove_prefix(1);
  const bool is_whole = (mode & kIsWhole) != 0;
  const bool is_sealed = (mode & kIsSealed) != 0;
  std::string bytes(is_whole ? input : Good().bytes);
  if (!is_whole) {
    for (; input.size() >= kEditBytes; input.remove_prefix(kEditBytes)) Edit(input, bytes);
  }
  if (is_sealed) Seal(bytes);
  CheckPackBytes(bytes, /*is_damaged=*/!is_whole && !is_sealed);
}

}  // namespace
}  // namespace springboard

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  springboard::CheckInput({reinterpret_cast<const char*>(data), size});
  return 0;
}
