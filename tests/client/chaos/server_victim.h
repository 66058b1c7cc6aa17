#ifndef SPRINGBOARD_TESTS_CLIENT_CHAOS_SERVER_VICTIM_H_
#define SPRINGBOARD_TESTS_CLIENT_CHAOS_SERVER_VICTIM_H_

#include <memory>
#include <string>
#include <vector>

#include "tests/support/subprocess.h"

namespace springboard {

// The server's program on a socket of its own, which is killed, stopped and started again.
class ServerVictim {
 public:
  // Does not wait until it listens.
  explicit ServerVictim(std::string program);
  ~ServerVictim();
  ServerVictim(const ServerVictim&) = delete;
  ServerVictim& operator=(const ServerVictim&) = delete;

  const std::string& address() const { return address_; }

  // Each of these for a server that runs; Kill() and Terminate() end it.
  void Kill() { server_.reset(); }
  void Terminate();
  void Stop() const;
  void Continue() const;
  // How many descriptors it may have from now on.
  void LimitDescriptors(unsigned limit) const;

  // Starts it again, through `command`: a program that is given the server's; and with more flags.
  // Does not wait.
  void Start(std::vector<std::string> command = {}, const std::vector<std::string>& flags = {});

  // Waits until it has said that it listens.
  void AwaitReady() { server_->ReadLine(); }

 private:
  const std::string program_;
  const std::string socket_;
  const std::string address_;
  std::unique_ptr<RunningProgram> server_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CLIENT_CHAOS_SERVER_VICTIM_H_
