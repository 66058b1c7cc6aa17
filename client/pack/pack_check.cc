#include "client/pack/pack_check.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/code_check.h"
#include "client/pack/sha256.h"
#include "client/pack/stable_hash.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

constexpr size_t kEntriesBetweenReports = 1000;

absl::Status Malformed(absl::string_view field, absl::string_view message) {
  return MakeError(absl::StatusCode::kDataLoss, reason::kMalformedPack, field, message);
}

}  // namespace

absl::Status CheckPackDigest(const Pack& pack) {
  PackHeader header = pack.header();
  Sha256::Digest expected = {};
  std::copy(std::begin(header.digest), std::end(header.digest), expected.begin());
  std::fill(std::begin(header.digest), std::end(header.digest), uint8_t{0});
  header.pages_hash = 0;
  header.header_hash = 0;
  Sha256 sha256;
  sha256.Add(pack.bytes().substr(sizeof(header)));
  sha256.Add({reinterpret_cast<const char*>(&header), sizeof(header)});
  if (sha256.Finish() == expected) return absl::OkStatus();
  return Malformed("digest", absl::StrCat(pack.name(), " does not have the SHA-256 that it says"));
}

namespace {

// What the entry before one was sorted by.
using Order = std::pair<uint64_t, absl::string_view>;

absl::Status CheckEntry(const Pack& pack, size_t index, std::optional<Order>& last) {
  const std::string field = absl::StrCat("entries[", index, "]");
  const absl::StatusOr<PackEntry> entry = pack.Entry(index);
  if (!entry.ok()) return entry.status();
  const Order order = {StableHash(entry->key()), entry->key()};
  const bool is_sorted = !last.has_value() || *last < order;
  last = order;
  if (!is_sorted) return Malformed(field, absl::StrCat(pack.name(), ": the index is not sorted"));
  const absl::StatusOr<CompileRequest> request = pack.RequestOf(*entry);
  if (!request.ok()) return WithFieldPrefix(request.status(), field);
  const absl::StatusOr<PackEntry> found = pack.Lookup(*request);
  if (!found.ok() || found->offset() != entry->offset()) {
    return Malformed(field, absl::StrCat(pack.name(), ": a lookup of ",
                                         request->signature.ToString(), " does not find it"));
  }
  const absl::Status code =
      CheckCode(request->signature, pack.TrampolineOf(*entry, *request), Verification::kOn);
  return code.ok() ? code : WithFieldPrefix(code, field);
}

}  // namespace

size_t CheckPack(const Pack& pack, const PackCheckObserver& observer) {
  size_t faults = 0;
  const auto count = [&](const absl::Status& status) {
    if (status.ok()) return;
    ++faults;
    if (observer.fault) observer.fault(status);
  };
  count(CheckPackDigest(pack));
  std::optional<Order> last;
  for (size_t i = 0; i < pack.size(); ++i) {
    if (observer.progress && i % kEntriesBetweenReports == 0) observer.progress(i);
    count(CheckEntry(pack, i, last));
  }
  return faults;
}

}  // namespace springboard
