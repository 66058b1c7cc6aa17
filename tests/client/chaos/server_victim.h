#ifndef SPRINGBOARD_TESTS_CLIENT_CHAOS_SERVER_VICTIM_H_
#define SPRINGBOARD_TESTS_CLIENT_CHAOS_SERVER_VICTIM_H_

#include <memory>
#include <string>
#include <vector>

#include "tests/support/subprocess.h"

namespace springboard {

// The server's program, which is killed, stopped and started again.
class ServerVictim {
 public:
  // On a unix socket of its own. Does not wait until it listens.
  explicit ServerVictim(std::string program);
  // By `command`, the program with whatever comes before and after it, on `address`.
  ServerVictim(std::vector<std::string> command, std::string address);
  ~ServerVictim();
  ServerVictim(const ServerVictim&) = delete;
  ServerVictim& operator=(const ServerVictim&) = delete;

  const std::string& address() const { return address_; }

  // Each of these for a server that runs; Kill() and Terminate() end it.
  void Kill() { server_.reset(); }
  // The exit code.
  int Terminate();
  void Stop() const;
  void Continue() const;
  // How many descriptors it may have from now on.
  void LimitDescriptors(unsigned limit) const;

  // Starts it again, through `command`: a program that is given the server's; and with more flags.
  // Does not wait.
  void Start(std::vector<std::string> command = {}, const std::vector<std::string>& flags = {});

  // Waits until it has said that it listens; false if it ended without.
  bool AwaitReady() { return !server_->ReadLine().empty(); }

 private:
  const std::vector<std::string> command_;
  const std::string address_;
  std::unique_ptr<RunningProgram> server_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CLIENT_CHAOS_SERVER_VICTIM_H_
