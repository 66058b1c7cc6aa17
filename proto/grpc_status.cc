#include "proto/grpc_status.h"

#include <string>

#include "google/rpc/status.pb.h"
#include "proto/conversion.h"

namespace springboard {

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()),
                      ToProto(status).SerializeAsString());
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  google::rpc::Status details;
  // What a server says in its details never overrides code and message.
  if (!details.ParseFromString(status.error_details())) details.Clear();
  details.set_code(static_cast<int>(status.error_code()));
  details.set_message(status.error_message());
  return FromProto(details);
}

}  // namespace springboard
