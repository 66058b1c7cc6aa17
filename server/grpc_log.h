#ifndef SPRINGBOARD_SERVER_GRPC_LOG_H_
#define SPRINGBOARD_SERVER_GRPC_LOG_H_

#include <memory>

#include "server/log.h"

namespace springboard {

// What gRPC has to say becomes lines of `log`, from now on and in the whole process: at most so
// many of a second, as peers can make gRPC complain. GRPC_VERBOSITY says how much it is (error).
void SendGrpcLogTo(std::shared_ptr<Log> log);

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_GRPC_LOG_H_
