#include "proto/grpc_status.h"

#include <google/protobuf/stubs/common.h>

#include <string>

#include "google/rpc/status.pb.h"
#include "proto/conversion.h"

namespace springboard {
namespace {

// gRPC decodes a peer's message to any bytes.
std::string ValidUtf8(const std::string& text) {
  std::string valid(text.size(), '\0');
  const char* const begin =
      google::protobuf::internal::UTF8CoerceToStructurallyValid(text, valid.data(), '?');
  return std::string(begin, text.size());
}

}  // namespace

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
  details.set_message(ValidUtf8(status.error_message()));
  return FromProto(details);
}

}  // namespace springboard
