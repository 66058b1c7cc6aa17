#ifndef SPRINGBOARD_PROTO_GRPC_STATUS_H_
#define SPRINGBOARD_PROTO_GRPC_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace springboard {

// An absl::Status with its ErrorDetails as gRPC carries it: code, message, and a serialized
// google.rpc.Status in grpc-status-details-bin. And back; details that do not decode are dropped,
// and what is no UTF-8 in a message becomes "?".
grpc::Status ToGrpcStatus(const absl::Status& status);
absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace springboard

#endif  // SPRINGBOARD_PROTO_GRPC_STATUS_H_
