#ifndef SPRINGBOARD_SERVER_UNKNOWN_METHODS_H_
#define SPRINGBOARD_SERVER_UNKNOWN_METHODS_H_

#include <grpcpp/generic/async_generic_service.h>

namespace springboard {

// Answers every method that the server does not have, as those of other versions of the API, with
// UNIMPLEMENTED and what it does have. Thread-safe.
class UnknownMethods final : public grpc::CallbackGenericService {
 public:
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override;
};

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_UNKNOWN_METHODS_H_
