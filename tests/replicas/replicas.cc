#include "tests/replicas/replicas.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/support/free_port.h"
#include "tests/support/haproxy.h"

namespace springboard {
namespace {

std::vector<std::string> Command(const ReplicasOptions& options, int http_port) {
  std::vector<std::string> command = options.command_prefix;
  command.push_back(options.program);
  command.push_back(absl::StrCat("--drain_delay_ms=", options.drain_delay_ms));
  command.push_back(absl::StrCat("--http_listen=", options.host, ":", http_port));
  if (options.host != "127.0.0.1") command.emplace_back("--insecure");
  return command;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Replicas>> Replicas::Start(const ReplicasOptions& options) {
  std::unique_ptr<Replicas> replicas(new Replicas);
  std::vector<std::string> addresses;
  std::vector<int> ports;
  std::vector<int> http_ports;
  for (size_t i = 0; i < kCount; ++i) {
    ports.push_back(FreePort());
    http_ports.push_back(FreePort());
    addresses.push_back(absl::StrCat(options.host, ":", ports[i]));
    replicas->servers_.push_back(
        std::make_unique<ServerVictim>(Command(options, http_ports[i]), addresses[i]));
    if (!replicas->servers_[i]->AwaitReady()) {
      return absl::UnavailableError(absl::StrCat("a server did not start on ", addresses[i]));
    }
  }
  replicas->address_ = absl::StrCat("ipv4:", absl::StrJoin(addresses, ","));
  if (options.through == Through::kDirect) return replicas;
  const absl::Status status = replicas->StartHaproxy(options, ports, http_ports);
  if (!status.ok()) return status;
  return replicas;
}

absl::Status Replicas::StartHaproxy(const ReplicasOptions& options, const std::vector<int>& ports,
                                    const std::vector<int>& http_ports) {
  if (!MakeCertificate(folder_)) return absl::UnavailableError("openssl makes no certificate");
  std::vector<HaproxyServer> servers;
  for (size_t i = 0; i < kCount; ++i) {
    servers.push_back({absl::StrCat(options.host, ":", ports[i]), http_ports[i]});
  }
  address_ = absl::StrCat("127.0.0.1:", FreePort());
  const std::vector<std::string> command =
      HaproxyCommand(folder_, {address_, absl::StrCat("127.0.0.1:", FreePort())}, servers);
  if (command.empty()) {
    return absl::UnavailableError(
        "deploy/haproxy/haproxy.cfg is not what tests/support/haproxy.cc expects");
  }
  haproxy_ = std::make_unique<RunningProgram>(command);
  return absl::OkStatus();
}

}  // namespace springboard
