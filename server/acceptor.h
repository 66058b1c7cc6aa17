#ifndef SPRINGBOARD_SERVER_ACCEPTOR_H_
#define SPRINGBOARD_SERVER_ACCEPTOR_H_

#include <grpcpp/server_builder.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
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
    uint64_t open = 0;  // Connections now; gRPC closes them.
    uint64_t accepted = 0;
    uint64_t refused_peers = 0;    // By PeerPolicy.
    uint64_t refused_full = 0;     // By max_descriptors, or by the system.
    uint64_t max_descriptors = 0;  // As it holds.
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

  // Looks at every connection, a system call each.
  Counts counts() const;

 private:
  void Run();
  void AcceptAll(size_t index);
  bool MayStay(const ListeningSocket& socket, int fd);
  const PeerPolicy& PeersOf(const ListeningSocket& socket) const;
  void Remember(int fd);
  void RefuseOne(const ListeningSocket& socket);

  std::vector<ListeningSocket> sockets_;
  const std::vector<std::unique_ptr<Connections>> connections_;
  const PeerPolicy unix_peers_;
  const PeerPolicy own_user_;
  const uint64_t max_descriptors_;
  mutable absl::Mutex mutex_;
  // By descriptor, the number that the system has given the socket: another one may have the
  // descriptor by now.
  std::vector<ino_t> connected_ ABSL_GUARDED_BY(mutex_);
  std::atomic<uint64_t> accepted_ = 0;
  std::atomic<uint64_t> refused_peers_ = 0;
  std::atomic<uint64_t> refused_full_ = 0;
  int stop_;   // An eventfd.
  int spare_;  // A descriptor to accept with, and refuse, when there is no other.
  std::thread thread_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_ACCEPTOR_H_
