#ifndef SPRINGBOARD_SERVER_ACCEPTOR_H_
#define SPRINGBOARD_SERVER_ACCEPTOR_H_

#include <grpcpp/server_builder.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "server/listening_socket.h"
#include "server/peer_policy.h"

namespace springboard {

// Accepts connections and hands them to gRPC, whose own acceptor never accepts again once the
// process was out of descriptors, and knows neither limits nor who connects. A connection that is
// not to stay is closed at once. Thread-safe.
class Acceptor {
 public:
  using Connections = grpc::experimental::ExternalConnectionAcceptor;

  struct Options {
    // If it is open, abstract sockets are for this user and root alone.
    PeerPolicy unix_peers;
    // Descriptors that this process may have, all together: a connection that would take one
    // beyond that is closed. 0 for what the system allows, less 64.
    uint64_t max_descriptors = 0;
  };

  // What happened so far.
  struct Counts {
    uint64_t accepted = 0;
    uint64_t refused_peers = 0;  // By PeerPolicy.
    uint64_t refused_full = 0;   // By max_descriptors, or by the system.
  };

  // Each socket's connections go to the `connections` of its index, which has begun. Starts a
  // thread.
  Acceptor(std::vector<ListeningSocket> sockets,
           std::vector<std::unique_ptr<Connections>> connections, const Options& options);

  // As Stop().
  ~Acceptor();

  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  // Accepts no more, and closes the sockets: who connects from then on is refused by the system.
  void Stop();

  Counts counts() const;

 private:
  void Run();
  void AcceptAll(size_t index);
  bool MayStay(const ListeningSocket& socket, int fd);
  const PeerPolicy& PeersOf(const ListeningSocket& socket) const;
  void RefuseOne(const ListeningSocket& socket);

  std::vector<ListeningSocket> sockets_;
  const std::vector<std::unique_ptr<Connections>> connections_;
  const PeerPolicy unix_peers_;
  const PeerPolicy own_user_;
  const uint64_t max_descriptors_;
  std::atomic<uint64_t> accepted_ = 0;
  std::atomic<uint64_t> refused_peers_ = 0;
  std::atomic<uint64_t> refused_full_ = 0;
  int stop_;   // An eventfd.
  int spare_;  // A descriptor to accept with, and refuse, when there is no other.
  std::thread thread_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_ACCEPTOR_H_
