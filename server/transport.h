#ifndef SPRINGBOARD_SERVER_TRANSPORT_H_
#define SPRINGBOARD_SERVER_TRANSPORT_H_

#include <grpcpp/server_builder.h>

#include <cstdint>

#include "absl/time/time.h"

namespace springboard {

// What gRPC is told to bear of connections. 0: no limit, of memory, age, idle time and keepalive.
struct TransportLimits {
  uint64_t memory_bytes = 256 << 20;              // Of all buffers together.
  uint32_t max_streams_of_connection = 200;       // At a time.
  uint32_t max_metadata_bytes = 16 << 10;         // Of one call's headers.
  absl::Duration handshake = absl::Seconds(10);   // Until a connection has said what it is.
  absl::Duration max_age = absl::ZeroDuration();  // Then it is asked to go, and let finish.
  absl::Duration max_age_grace = absl::Seconds(30);
  absl::Duration max_idle = absl::Minutes(5);   // Without a call.
  absl::Duration keepalive = absl::Minutes(1);  // Silence, after which a peer is pinged.
  absl::Duration keepalive_timeout = absl::Seconds(20);
  // Of peers; two more often end them. Clients of several servers ping every 2 s.
  absl::Duration min_ping_interval = absl::Seconds(1);
};

// Tells it, and how long a request may be; answers may be of any length.
void SetUpTransport(const TransportLimits& limits, uint32_t max_message_bytes,
                    grpc::ServerBuilder& builder);

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_TRANSPORT_H_
