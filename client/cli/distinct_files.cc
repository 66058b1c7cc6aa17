#include "client/cli/distinct_files.h"

#include <filesystem>
#include <set>
#include <system_error>

namespace springboard {
namespace {

// Without links and dots, as far as the path is there.
std::string Canonical(const std::string& name) {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::weakly_canonical(name, error);
  return error ? name : path.string();
}

}  // namespace

std::string FileNamedTwice(absl::Span<const std::string> outputs,
                           absl::Span<const std::string> inputs) {
  std::set<std::string> known;
  for (const std::string& name : inputs) known.insert(Canonical(name));
  for (const std::string& name : outputs) {
    // A device may be written to more than once.
    std::error_code error;
    const bool is_special = std::filesystem::is_character_file(name, error);
    if (!name.empty() && !is_special && !known.insert(Canonical(name)).second) return name;
  }
  return "";
}

}  // namespace springboard
