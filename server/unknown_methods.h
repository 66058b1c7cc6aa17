#ifndef SPRINGBOARD_SERVER_UNKNOWN_METHODS_H_
#define SPRINGBOARD_SERVER_UNKNOWN_METHODS_H_

#include <grpcpp/generic/async_generic_service.h>

#include <memory>
#include <utility>

#include "server/call_observer.h"

namespace springboard {

// Answers every method that the server does not have, as those of other versions of the API, with
// UNIMPLEMENTED and what it does have. Thread-safe.
class UnknownMethods final : public grpc::CallbackGenericService {
 public:
  // Tells `observer` of each such call, if it is not null.
  explicit UnknownMethods(std::shared_ptr<CallObserver> observer)
      : observer_(std::move(observer)) {}

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override;

 private:
  const std::shared_ptr<CallObserver> observer_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_UNKNOWN_METHODS_H_
