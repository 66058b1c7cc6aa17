#ifndef SPRINGBOARD_SERVER_VERSION_METADATA_H_
#define SPRINGBOARD_SERVER_VERSION_METADATA_H_

#include <grpcpp/server_context.h>

#include <string>

#include "compiler/trampoline.h"
#include "proto/api_version.h"

namespace springboard {

// Lets a call's error tell the server's versions.
inline void AddVersions(grpc::ServerContextBase& context) {
  context.AddTrailingMetadata(kApiVersionKey, kApiVersion);
  context.AddTrailingMetadata(kCodegenVersionKey, std::to_string(kCodegenVersion));
}

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_VERSION_METADATA_H_
