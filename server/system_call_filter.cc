#include "server/system_call_filter.h"

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <memory>

#include "absl/strings/str_cat.h"

namespace springboard {
namespace {

// Whatever their arguments are. Those that an architecture does not have are left out by
// libseccomp.
constexpr int kAllowed[] = {
    // Descriptors that are there.
    SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(fstat64),
    SCMP_SYS(getpeername), SCMP_SYS(getsockname), SCMP_SYS(getsockopt), SCMP_SYS(lseek),
    SCMP_SYS(pread64), SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg), SCMP_SYS(sendto), SCMP_SYS(setsockopt), SCMP_SYS(shutdown), SCMP_SYS(write),
    SCMP_SYS(writev),
    // Waiting for them.
    SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_wait),
    SCMP_SYS(eventfd2), SCMP_SYS(poll), SCMP_SYS(ppoll),
    // Looking at files; opening them is below.
    SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(getdents64), SCMP_SYS(newfstatat),
    SCMP_SYS(stat), SCMP_SYS(statx),
    // Files in memory, which TLS files are copied into.
    SCMP_SYS(dup3), SCMP_SYS(memfd_create),
    // Memory; executable memory is below.
    SCMP_SYS(brk), SCMP_SYS(madvise), SCMP_SYS(mremap), SCMP_SYS(munmap),
    // Threads; making them is below.
    SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(futex), SCMP_SYS(getcpu), SCMP_SYS(getpid),
    SCMP_SYS(gettid), SCMP_SYS(membarrier), SCMP_SYS(rseq), SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_getparam), SCMP_SYS(sched_getscheduler), SCMP_SYS(sched_yield),
    SCMP_SYS(set_robust_list),
    // Time.
    SCMP_SYS(clock_getres), SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(gettimeofday), SCMP_SYS(nanosleep), SCMP_SYS(restart_syscall),
    // Signals that it gets.
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigtimedwait), SCMP_SYS(sigaltstack),
    // Who it is, and where.
    SCMP_SYS(geteuid), SCMP_SYS(getrandom), SCMP_SYS(getrusage), SCMP_SYS(getuid),
    SCMP_SYS(sysinfo), SCMP_SYS(uname)};

using Filter = std::unique_ptr<void, decltype(&seccomp_release)>;

absl::Status CannotFilter(absl::string_view what, int error) {
  return absl::FailedPreconditionError(
      absl::StrCat("cannot install a system call filter: ", what, ": ", std::strerror(-error),
                   "; where the kernel has none, give --system_calls=all"));
}

scmp_arg_cmp Masked(unsigned argument, uint64_t mask, uint64_t value) {
  return scmp_arg_cmp{argument, SCMP_CMP_MASKED_EQ, mask, value};
}

scmp_arg_cmp Equal(unsigned argument, uint64_t value) {
  return scmp_arg_cmp{argument, SCMP_CMP_EQ, value, 0};
}

// Allows a call with arguments of these values.
struct Rule {
  int system_call;
  std::initializer_list<scmp_arg_cmp> arguments;
};

int Allow(scmp_filter_ctx filter, const Rule& rule) {
  return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, rule.system_call,
                                static_cast<unsigned>(rule.arguments.size()),
                                rule.arguments.begin());
}

int AddRules(scmp_filter_ctx filter, bool removes_sockets) {
  for (const int system_call : kAllowed) {
    const int error = Allow(filter, {system_call, {}});
    if (error != 0) return error;
  }
  constexpr uint64_t kWriting = O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);
  const auto self = static_cast<uint64_t>(getpid());
  const Rule rules[] = {
      {SCMP_SYS(open), {Masked(1, kWriting, O_RDONLY)}},
      {SCMP_SYS(openat), {Masked(2, kWriting, O_RDONLY)}},
      {SCMP_SYS(mmap), {Masked(2, PROT_EXEC, 0)}},
      {SCMP_SYS(mprotect), {Masked(2, PROT_EXEC, 0)}},
      {SCMP_SYS(clone), {Masked(0, CLONE_THREAD, CLONE_THREAD)}},
      {SCMP_SYS(prctl), {Equal(0, PR_SET_NAME)}},
      {SCMP_SYS(fcntl), {Equal(1, F_GETFL)}},
      {SCMP_SYS(fcntl), {Equal(1, F_SETFL)}},
      {SCMP_SYS(fcntl), {Equal(1, F_GETFD)}},
      {SCMP_SYS(fcntl), {Equal(1, F_SETFD)}},
      // Whether its output is a terminal.
      {SCMP_SYS(ioctl), {Equal(1, TCGETS)}},
      // Its limits, and not to change them.
      {SCMP_SYS(prlimit64), {Equal(2, 0)}},
      // Its own end by abort().
      {SCMP_SYS(tgkill), {Equal(0, self)}},
  };
  for (const Rule& rule : rules) {
    const int error = Allow(filter, rule);
    if (error != 0) return error;
  }
  if (removes_sockets) {
    for (const int system_call : {SCMP_SYS(unlink), SCMP_SYS(unlinkat)}) {
      const int error = Allow(filter, {system_call, {}});
      if (error != 0) return error;
    }
  }
  // Its flags are in memory, where a filter cannot look; so the C library goes on to clone().
  return seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

}  // namespace

absl::Status InstallSystemCallFilter(SystemCallFilter filter, bool removes_sockets) {
  if (filter == SystemCallFilter::kOff) return absl::OkStatus();
  const Filter rules(seccomp_init(filter == SystemCallFilter::kKill ? SCMP_ACT_KILL_PROCESS
                                                                    : SCMP_ACT_ERRNO(EPERM)),
                     &seccomp_release);
  if (rules == nullptr) return CannotFilter("no memory", -ENOMEM);
  int error = AddRules(rules.get(), removes_sockets);
  if (error != 0) return CannotFilter("a rule", error);
  // gRPC has threads already.
  error = seccomp_attr_set(rules.get(), SCMP_FLTATR_CTL_TSYNC, 1);
  if (error != 0) return CannotFilter("for all threads", error);
  error = seccomp_load(rules.get());
  return error == 0 ? absl::OkStatus() : CannotFilter("the kernel refuses it", error);
}

}  // namespace springboard
