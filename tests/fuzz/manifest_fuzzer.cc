// Any bytes as a manifest: byte 0 picks the format, the others are the file. What is read must keep
// the rules of manifests, and what is not must say why and where.

#include <google/protobuf/stubs/logging.h>

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/manifest/header_manifest.h"
#include "client/manifest/manifest.h"
#include "client/manifest/manifest_requests.h"
#include "client/manifest/symbol_rules.h"
#include "client/manifest/table_manifest.h"
#include "client/manifest/text_manifest.h"
#include "compiler/error_details.h"
#include "compiler/target.h"
#include "tests/fuzz/property.h"

namespace springboard {
namespace {

constexpr char kFile[] = "fuzz.manifest";

absl::StatusOr<Manifest> Read(uint8_t choice, const std::string& bytes) {
  std::istringstream input(bytes);
  switch (choice % 4) {
    case 0:
      return ReadTextManifest(input, kFile);
    case 1:
      return ReadTableManifest(input, kFile);
    default: {
      HeaderOptions options;
      options.has_included = choice % 4 == 3;
      return ReadHeaderManifest(input, kFile, options);
    }
  }
}

bool IsOnOneLine(const std::string& text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < ' ') return false;
  }
  return true;
}

template <typename Describe>
void CheckRequests(const Manifest& manifest, const Describe& input) {
  const std::vector<Target> targets = TargetsOf(manifest, {});
  ManifestRequests requests(manifest, targets);
  size_t count = 0;
  for (auto some = requests.Next(3); !some.empty(); some = requests.Next(3)) count += some.size();
  Require(count == requests.size(), "all requests are given out", input);
}

void CheckManifest(uint8_t choice, const std::string& bytes) {
  const auto input = [&] { return bytes; };
  absl::StatusOr<Manifest> manifest = Read(choice, bytes);
  if (!manifest.ok()) {
    RequireError(manifest.status(), absl::StatusCode::kInvalidArgument, input);
    const std::string field = GetErrorDetails(manifest.status())->field;
    Require(!field.empty() && IsOnOneLine(field), "an error has a place", input);
    Require(IsOnOneLine(std::string(manifest.status().message())), "on one line", input);
    return;
  }
  for (const ManifestSymbol& symbol : manifest->symbols) {
    Require(CheckSymbolName(symbol.name).ok(), "a symbol has a name", input);
    Require(!symbol.origin.empty() && IsOnOneLine(symbol.origin), "and a place", input);
  }
  for (const std::string& line : manifest->left_out) {
    Require(IsOnOneLine(line), "what is left out is said on one line", input);
  }
  const size_t symbols = manifest->symbols.size();
  const absl::Status status = KeepEachOnce(*manifest);
  Require(status.ok() && manifest->symbols.size() == symbols, "each symbol is there once", input);
  CheckRequests(*manifest, input);
}

}  // namespace
}  // namespace springboard

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  // Says so of every text that is not UTF-8.
  google::protobuf::SetLogHandler(nullptr);
  springboard::CheckManifest(data[0],
                             std::string(reinterpret_cast<const char*>(data) + 1, size - 1));
  return 0;
}
