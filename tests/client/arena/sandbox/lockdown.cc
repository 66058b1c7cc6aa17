#include "tests/client/arena/sandbox/lockdown.h"

#include <malloc.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <vector>

namespace springboard {
namespace {

// Linux 6.3; Debian 12's headers do not have them yet.
constexpr int kPrSetMdwe = 65;
constexpr unsigned long kMdweRefuseExecGain = 1;

using Problem = std::optional<std::string>;

Problem SystemProblem(const std::string& operation, int error) {
  return operation + ": " + std::strerror(error);
}

Problem Nothing() { return std::nullopt; }

Problem Mdwe() {
  if (prctl(kPrSetMdwe, kMdweRefuseExecGain, 0, 0, 0) == 0) return std::nullopt;
  return SystemProblem("prctl(PR_SET_MDWE)", errno);
}

// A filter that allows everything but its rules.
class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ALLOW), &seccomp_release) {
    // All threads, as a library in the process may have started some.
    if (context_ != nullptr) Note(seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_TSYNC, 1));
  }

  void Deny(uint32_t action, int system_call) {
    Note(seccomp_rule_add(context_.get(), action, system_call, 0));
  }

  // If all the bits of `mask` are set in the argument with this index.
  void DenyIf(uint32_t action, int system_call, unsigned argument, uint64_t mask) {
    Note(seccomp_rule_add(context_.get(), action, system_call, 1,
                          SCMP_CMP64(argument, SCMP_CMP_MASKED_EQ, mask, mask)));
  }

  Problem Load() {
    if (context_ == nullptr) return "seccomp_init failed";
    Note(seccomp_load(context_.get()));
    return error_ == 0 ? Problem() : SystemProblem("seccomp", -error_);
  }

 private:
  void Note(int result) {
    if (error_ == 0 && result < 0) error_ = result;
  }

  std::unique_ptr<void, decltype(&seccomp_release)> context_;
  int error_ = 0;
};

// systemd's MemoryDenyWriteExecute= (systemd.exec(5)).
void DenyWriteExecute(Filter& filter) {
  const uint32_t refuse = SCMP_ACT_ERRNO(EPERM);
  filter.DenyIf(refuse, SCMP_SYS(mmap), 2, PROT_EXEC | PROT_WRITE);
  filter.DenyIf(refuse, SCMP_SYS(mprotect), 2, PROT_EXEC);
  filter.DenyIf(refuse, SCMP_SYS(pkey_mprotect), 2, PROT_EXEC);
  filter.DenyIf(refuse, SCMP_SYS(shmat), 2, SHM_EXEC);
}

Problem SystemdFilter() {
  Filter filter;
  DenyWriteExecute(filter);
  return filter.Load();
}

Problem SystemdFilterWithoutMemfd() {
  Filter filter;
  DenyWriteExecute(filter);
  filter.Deny(SCMP_ACT_ERRNO(EPERM), SCMP_SYS(memfd_create));
  return filter.Load();
}

Problem KillOnNewCode() {
  Filter filter;
  filter.DenyIf(SCMP_ACT_KILL_PROCESS, SCMP_SYS(mmap), 2, PROT_EXEC);
  filter.DenyIf(SCMP_ACT_KILL_PROCESS, SCMP_SYS(mprotect), 2, PROT_EXEC);
  filter.DenyIf(SCMP_ACT_KILL_PROCESS, SCMP_SYS(pkey_mprotect), 2, PROT_EXEC);
  return filter.Load();
}

Problem NoSockets() {
  Filter filter;
  for (const int system_call : {SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect)}) {
    filter.Deny(SCMP_ACT_KILL_PROCESS, system_call);
  }
  return filter.Load();
}

// Lets the address space grow by this much, and the heap not beyond what it has.
Problem LimitAddressSpace(size_t slack_bytes) {
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  constexpr size_t kHeapBytes = 1 << 20;
  std::free(std::malloc(kHeapBytes));
  size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const rlim_t limit = pages * static_cast<size_t>(sysconf(_SC_PAGESIZE)) + slack_bytes;
  const struct rlimit limits = {limit, limit};
  if (setrlimit(RLIMIT_AS, &limits) == 0) return std::nullopt;
  return SystemProblem("setrlimit(RLIMIT_AS)", errno);
}

Problem TightAddressSpace() { return LimitAddressSpace(256 << 10); }
Problem ExhaustedAddressSpace() { return LimitAddressSpace(0); }

Problem NoFileSize() {
  // Who prints the result raises it again.
  const struct rlimit limits = {0, RLIM_INFINITY};
  if (setrlimit(RLIMIT_FSIZE, &limits) == 0) return std::nullopt;
  return SystemProblem("setrlimit(RLIMIT_FSIZE)", errno);
}

Problem NoexecTmp() {
  // A user namespace gives the right to mount to who has it not.
  if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
    return SystemProblem("unshare(CLONE_NEWNS)", errno);
  }
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return SystemProblem("mount(MS_PRIVATE)", errno);
  }
  if (mount("tmpfs", "/tmp", "tmpfs", MS_NOEXEC, nullptr) != 0) {
    return SystemProblem("mount(/tmp)", errno);
  }
  return std::nullopt;
}

}  // namespace

const std::vector<Lockdown>& Lockdowns() {
  using Way = MappingWay;
  static const std::vector<Lockdown> lockdowns = {
      {"nothing", &Nothing, {}},
      {"PR_SET_MDWE", &Mdwe, {{Way::kAnonymous, "MDWE"}}},
      {"seccomp as systemd's MDWE", &SystemdFilter, {{Way::kAnonymous, "seccomp"}}},
      {"the same, no memfd_create",
       &SystemdFilterWithoutMemfd,
       {{Way::kSealedShared, "seccomp"},
        {Way::kSealedPrivate, "seccomp"},
        {Way::kDual, "seccomp"},
        {Way::kAnonymous, "seccomp"}}},
      {"kill on new code, reserved",
       &KillOnNewCode,
       {{Way::kAnonymous, "reserve: Operation not supported"}},
       /*reserves_before=*/true},
      {"no sockets after start-up",
       &NoSockets,
       {},
       /*reserves_before=*/false,
       /*uses_server_before=*/true},
      {"RLIMIT_AS, 256 KB left", &TightAddressSpace, {}},
      {"RLIMIT_AS, nothing left",
       &ExhaustedAddressSpace,
       {{Way::kSealedShared, "RLIMIT_AS"},
        {Way::kSealedPrivate, "RLIMIT_AS"},
        {Way::kDual, "RLIMIT_AS"},
        {Way::kTemporaryFile, "RLIMIT_AS"},
        {Way::kAnonymous, "RLIMIT_AS"}}},
      {"RLIMIT_FSIZE, nothing",
       &NoFileSize,
       {{Way::kSealedShared, "RLIMIT_FSIZE"},
        {Way::kSealedPrivate, "RLIMIT_FSIZE"},
        {Way::kDual, "RLIMIT_FSIZE"},
        {Way::kTemporaryFile, "RLIMIT_FSIZE"}}},
      {"/tmp mounted noexec", &NoexecTmp, {{Way::kTemporaryFile, "a mount with noexec"}}},
  };
  return lockdowns;
}

}  // namespace springboard
