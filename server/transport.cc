#include "server/transport.h"

#include <grpc/grpc.h>
#include <grpcpp/resource_quota.h>

#include <algorithm>
#include <climits>
#include <utility>

namespace springboard {
namespace {

// For reflection and channelz, which have one for each stream; those beyond it are refused.
constexpr int kMaxPluginThreads = 16;

int Milliseconds(absl::Duration duration) {
  return static_cast<int>(std::min<int64_t>(absl::ToInt64Milliseconds(duration), INT_MAX));
}

// gRPC takes 0 for at once.
int MillisecondsOrNever(absl::Duration duration) {
  return duration == absl::ZeroDuration() ? INT_MAX : Milliseconds(duration);
}

}  // namespace

void SetUpTransport(const TransportLimits& limits, uint32_t max_message_bytes,
                    grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(
      static_cast<int>(std::min<uint32_t>(max_message_bytes, INT_MAX)));
  builder.SetMaxSendMessageSize(-1);
  // gRPC would decompress a message whole before it looks at its size.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  grpc::ResourceQuota quota("springboard");
  if (limits.memory_bytes > 0) quota.Resize(limits.memory_bytes);
  quota.SetMaxThreads(kMaxPluginThreads);
  builder.SetResourceQuota(quota);
  if (limits.max_streams_of_connection > 0) {
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                               static_cast<int>(limits.max_streams_of_connection));
  }
  if (limits.max_metadata_bytes > 0) {
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE,
                               static_cast<int>(limits.max_metadata_bytes));
  }
  const std::pair<const char*, int> arguments[] = {
      {GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, Milliseconds(limits.handshake)},
      {GRPC_ARG_MAX_CONNECTION_AGE_MS, MillisecondsOrNever(limits.max_age)},
      {GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, Milliseconds(limits.max_age_grace)},
      {GRPC_ARG_MAX_CONNECTION_IDLE_MS, MillisecondsOrNever(limits.max_idle)},
      {GRPC_ARG_KEEPALIVE_TIME_MS, MillisecondsOrNever(limits.keepalive)},
      {GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(limits.keepalive_timeout)},
      {GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
       Milliseconds(limits.min_ping_interval)},
      // Else a peer without calls would be cut off for any ping.
      {GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1}};
  for (const auto& [argument, value] : arguments) builder.AddChannelArgument(argument, value);
}

}  // namespace springboard
