#include "client/mapping/process_token.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace springboard {
namespace {

// Whether a child of this process that is made with the flags sees another token; nothing if it
// cannot be made.
std::optional<bool> ChildDiffers(unsigned long flags) {
  const uint64_t own = ProcessToken();
  // Not fork(): nothing of the C library runs.
  const long child = syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, 0);
  if (child == 0) _exit(ProcessToken() == own ? 1 : 0);
  if (child < 0) return std::nullopt;
  int status = 0;
  waitpid(static_cast<pid_t>(child), &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(ProcessTokenTest, StaysTheSameAndChildrenHaveOthers) {
  const uint64_t own = ProcessToken();
  EXPECT_NE(own, 0u);
  EXPECT_EQ(ChildDiffers(0), true);
  EXPECT_EQ(ProcessToken(), own);
}

// The first process of a pid namespace has the same id as its parent may have, 1.
TEST(ProcessTokenTest, PidNamespacesDoNotConfuseIt) {
  const std::optional<bool> differs = ChildDiffers(CLONE_NEWUSER | CLONE_NEWPID);
  if (!differs.has_value()) GTEST_SKIP() << "there are no user namespaces here";
  EXPECT_TRUE(*differs);
}

}  // namespace
}  // namespace springboard
