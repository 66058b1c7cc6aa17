#include "tests/support/server_program.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "tests/support/unique_name.h"

namespace springboard {
namespace {

std::vector<std::string> Command(const std::vector<std::string>& flags,
                                 const std::string& address) {
  std::vector<std::string> command = {
      ServerProgram::kPath,
      "--listen=" + (address.empty() ? absl::StrCat("unix:/tmp/", UniqueName()) : address)};
  command.insert(command.end(), flags.begin(), flags.end());
  return command;
}

}  // namespace

ServerProgram::ServerProgram(const std::vector<std::string>& flags, const std::string& address,
                             const std::string& log)
    : program_(Command(flags, address), log) {
  const std::string line = program_.ReadLine();
  absl::string_view rest = line;
  EXPECT_TRUE(absl::ConsumePrefix(&rest, "listening on ")) << "the server did not start: " << line;
  const std::pair<std::string, std::string> parts = absl::StrSplit(rest, ", http on ");
  address_ = parts.first;
  http_address_ = parts.second;
}

ServerProgram::~ServerProgram() {
  kill(program_.pid(), SIGTERM);
  EXPECT_EQ(program_.Wait(), 0) << "the server did not end well";
  if (absl::string_view path = address_; absl::ConsumePrefix(&path, "unix:")) {
    std::remove(absl::StrCat(path, ".lock").c_str());
  }
}

}  // namespace springboard
