#ifndef SPRINGBOARD_TESTS_SUPPORT_SERVER_PROGRAM_H_
#define SPRINGBOARD_TESTS_SUPPORT_SERVER_PROGRAM_H_

#include <memory>
#include <string>
#include <vector>

#include "tests/support/subprocess.h"

namespace springboard {

// The server's program as it is run, confined. Needs "//server:springboard_server" as data.
class ServerProgram {
 public:
  static constexpr char kPath[] = "server/springboard_server";

  // Listens on `address`, or a unix socket of its own if that is empty, by the time this returns;
  // the test fails if it does not. Logs to the file `log`, or where the test does.
  explicit ServerProgram(const std::vector<std::string>& flags = {},
                         const std::string& address = "", const std::string& log = "");
  // Stops it; the test fails if it did not end well.
  ~ServerProgram();
  ServerProgram(const ServerProgram&) = delete;
  ServerProgram& operator=(const ServerProgram&) = delete;

  // What to connect to, with the port it took.
  const std::string& address() const { return address_; }
  // Where its --http_listen is; empty without.
  const std::string& http_address() const { return http_address_; }
  pid_t pid() const { return program_.pid(); }

 private:
  RunningProgram program_;
  std::string address_;
  std::string http_address_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_SUPPORT_SERVER_PROGRAM_H_
