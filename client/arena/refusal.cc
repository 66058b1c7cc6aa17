#include "client/arena/refusal.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace springboard {
namespace {

// Linux 6.3; Debian 12's headers do not have them yet.
constexpr int kPrGetMdwe = 66;
constexpr int kMdweRefuseExecGain = 1;

constexpr std::array<absl::string_view, 7> kNames = {
    "sealed-shared", "sealed-private", "dual",    "temporary-file",
    "anonymous",     "static-table",   "embedder"};

std::string FirstWord(const char* path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

bool HasSeccompFilter() {
  constexpr int kFilterMode = 2;
  return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == kFilterMode;
}

bool HasMdwe() {
  const int bits = prctl(kPrGetMdwe, 0, 0, 0, 0);
  return bits > 0 && (bits & kMdweRefuseExecGain) != 0;
}

bool EnforcesSelinux() { return FirstWord("/sys/fs/selinux/enforce") == "1"; }

bool IsNoexec(const std::string& directory) {
  struct statvfs file_system;
  return statvfs(directory.c_str(), &file_system) == 0 && (file_system.f_flag & ST_NOEXEC) != 0;
}

bool HasAddressSpaceLimit() {
  struct rlimit limit;
  return getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

std::string Description(absl::string_view operation, int system_error, absl::string_view cause) {
  std::string text = absl::StrCat(operation, ": ", std::generic_category().message(system_error));
  if (!cause.empty()) absl::StrAppend(&text, " (by ", cause, ")");
  return text;
}

}  // namespace

absl::string_view Name(MappingWay way) {
  const auto index = static_cast<size_t>(way);
  return index < kNames.size() ? kNames[index] : "unknown";
}

std::string Refusal::ToString() const {
  return absl::StrCat(Name(way), ": ", Description(operation, system_error, cause));
}

std::string LikelyCause(const MappingError& error, const std::string& directory) {
  const absl::string_view operation = error.operation;
  const int number = error.system_error;
  if (operation == kNotOwn.operation) return "only the process that reserved may write";
  std::vector<absl::string_view> causes;
  if (number == ENOMEM && HasAddressSpaceLimit()) causes.push_back("RLIMIT_AS");
  if (number == EMFILE) causes.push_back("RLIMIT_NOFILE");
  if (number == EFBIG) causes.push_back("RLIMIT_FSIZE");
  if (number == EPERM || number == EACCES || number == ENOSYS) {
    const bool is_noexec =
        operation == "mmap" && number == EPERM && !directory.empty() && IsNoexec(directory);
    const bool is_mdwe = operation == "mprotect" && number == EACCES && HasMdwe();
    if (is_noexec) causes.push_back("a mount with noexec");
    if (is_mdwe) causes.push_back("MDWE");
    // A filter can give any error.
    if (HasSeccompFilter()) causes.push_back("seccomp");
    if (number == EACCES && EnforcesSelinux()) causes.push_back("SELinux");
  }
  return absl::StrJoin(causes, " or ");
}

std::string OperationIn(const MappingError& error, const std::string& directory) {
  return directory.empty() ? error.operation : absl::StrCat(error.operation, " in ", directory);
}

std::string Explain(const MappingError& error, const std::string& directory) {
  return Description(OperationIn(error, directory), error.system_error,
                     LikelyCause(error, directory));
}

}  // namespace springboard
