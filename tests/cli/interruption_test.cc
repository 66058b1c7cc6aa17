// What a command leaves that is ended while it writes: nothing, or what the next one removes.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/support/files.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

using testing::ElementsAre;

constexpr char kCli[] = "client/cli/springboard";

// Where a command is when a signal comes, and what its file system can do.
struct Moment {
  const char* name;
  std::vector<std::string> environment;
};

class InterruptionTest : public testing::TestWithParam<Moment> {
 protected:
  InterruptionTest() {
    EXPECT_TRUE(WriteFile(folder_.File("stubs.textproto"),
                          "symbol { name: \"pow\" signature: \"f64(f64,f64)\" }\n"));
  }

  std::vector<std::string> Command(const std::string& command) const {
    return {kCli, command, "--manifest=" + folder_.File("stubs.textproto"), "--target=x86_64-sysv",
            "--output=" + folder_.File("out")};
  }

  std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.File(""))) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  // The file beside the output, once there is one.
  std::string WaitForUnfinished() const {
    for (int i = 0; i < 1000; ++i) {
      for (const std::string& name : Files()) {
        if (absl::StartsWith(name, "out.")) return folder_.File(name);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return "";
  }

  // Ends a command at the moment by `signal`; true if the signal did.
  bool Interrupt(const std::string& command, int signal) const {
    std::vector<std::string> whole = {"/usr/bin/env",
                                      "LD_PRELOAD=" + RunfilePath("tests/cli/libinterrupted.so")};
    whole.insert(whole.end(), GetParam().environment.begin(), GetParam().environment.end());
    for (const std::string& word : Command(command)) whole.push_back(word);
    RunningProgram program(whole);
    EXPECT_NE(WaitForUnfinished(), "") << "it has no file with a name";
    kill(program.pid(), signal);
    return program.Wait() == -signal;
  }

  static std::string RunfilePath(const std::string& name) {
    return std::filesystem::absolute(name).string();
  }

  static void MakeOld(const std::string& path) {
    const timespec times[2] = {{1000000000, 0}, {1000000000, 0}};
    EXPECT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  }

  const TemporaryFolder folder_;
};

INSTANTIATE_TEST_SUITE_P(
    Moments, InterruptionTest,
    testing::Values(Moment{"WritingANamedFile", {"REFUSE_TMPFILE=1", "HANG_IN=fsync"}},
                    Moment{"RenamingANamedFile", {"REFUSE_TMPFILE=1", "HANG_IN=rename"}},
                    Moment{"RenamingANamelessFile", {"HANG_IN=rename"}}),
    [](const testing::TestParamInfo<Moment>& moment) { return moment.param.name; });

TEST_P(InterruptionTest, SignalsLeaveNothing) {
  for (const char* const command : {"pack", "object"}) {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
      EXPECT_TRUE(Interrupt(command, signal)) << command << " ended otherwise than by " << signal;
      EXPECT_THAT(Files(), ElementsAre("stubs.textproto")) << command << ", signal " << signal;
    }
  }
}

TEST_P(InterruptionTest, WhatSigkillLeavesTheNextOneRemoves) {
  ASSERT_TRUE(Interrupt("pack", SIGKILL));
  const std::string left = WaitForUnfinished();
  ASSERT_NE(left, "");
  EXPECT_EQ(RunProgram(Command("pack")).exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(left)) << "it may be somebody's who has just made it";
  MakeOld(left);
  // Some others that it must not take.
  for (const char* const name : {"out.1.x", "out.12", "out.1.2.3", "other.1.2"}) {
    ASSERT_TRUE(WriteFile(folder_.File(name), "mine"));
    MakeOld(folder_.File(name));
  }
  const std::string locked = folder_.File("out.7.7");
  ASSERT_TRUE(WriteFile(locked, "another's"));
  const int file = open(locked.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(flock(file, LOCK_EX), 0);
  MakeOld(locked);
  const ProcessResult again = RunProgram(Command("pack"));
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(Files(), ElementsAre("other.1.2", "out", "out.1.2.3", "out.1.x", "out.12", "out.7.7",
                                   "stubs.textproto"));
  close(file);
}

}  // namespace
}  // namespace springboard
