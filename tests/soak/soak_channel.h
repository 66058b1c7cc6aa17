#ifndef SPRINGBOARD_TESTS_SOAK_SOAK_CHANNEL_H_
#define SPRINGBOARD_TESTS_SOAK_SOAK_CHANNEL_H_

#include <grpcpp/channel.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <memory>

#include "tests/soak/load_kinds.h"
#include "tests/support/files.h"

namespace springboard {

// A channel whose connection is its own: gRPC lets channels to the same address share one, and
// keeps it while any of them is left.
inline std::shared_ptr<grpc::Channel> MakeSoakChannel(const SoakServer& server, bool is_tls) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (is_tls) credentials = grpc::SslCredentials({ReadFile(server.authority), "", ""});
  return grpc::CreateCustomChannel(server.address(is_tls), credentials, arguments);
}

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_SOAK_SOAK_CHANNEL_H_
