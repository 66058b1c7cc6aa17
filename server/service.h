#ifndef SPRINGBOARD_SERVER_SERVICE_H_
#define SPRINGBOARD_SERVER_SERVICE_H_

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/signing.h"
#include "server/call_deadlines.h"
#include "server/call_observer.h"
#include "server/request_handler.h"
#include "server/running_calls.h"
#include "server/worker_pool.h"
#include "springboard/v1/trampoline_compiler.grpc.pb.h"

namespace springboard {

struct ServiceLimits {
  RequestLimits requests;
  CallLimits calls;
};

// What tells the clients of a server apart.
enum class ClientNames : uint8_t {
  kNone,          // All are behind unix sockets.
  kAddresses,     // Of those that are not.
  kCertificates,  // Or, of those without one, addresses.
};

// What its calls have in common.
struct ServiceState {
  ServiceState(const CallLimits& limits, std::shared_ptr<CallObserver> the_observer,
               ClientNames names)
      : running_calls(limits), observer(std::move(the_observer)), client_names(names) {}

  RunningCalls running_calls;
  CallDeadlines deadlines;
  const std::shared_ptr<CallObserver> observer;  // May be null.
  const ClientNames client_names;
};

// The generated service with every method raw: gRPC's typed callback methods answer a message that
// does not decode with UNIMPLEMENTED.
using RawTrampolineCompiler = v1::TrampolineCompiler::WithRawCallbackMethod_GetCapabilities<
    v1::TrampolineCompiler::WithRawCallbackMethod_CompileTrampoline<
        v1::TrampolineCompiler::WithRawCallbackMethod_BatchCompileTrampolines<
            v1::TrampolineCompiler::Service>>>;

// The service's methods: see trampoline_compiler.proto for their contracts. Long batches run on
// threads of their own. Thread-safe.
class TrampolineCompilerService final : public RawTrampolineCompiler {
 public:
  // Signs its responses if there is a key. Tells `observer` of each call, if it is not null.
  TrampolineCompilerService(const ServiceLimits& limits, std::optional<SigningKey> key,
                            std::shared_ptr<CallObserver> observer, ClientNames client_names);

  RunningCalls& running_calls() { return state_.running_calls; }
  const RunningCalls& running_calls() const { return state_.running_calls; }

  // For the calls that begin from now on.
  void Reload(const ServiceLimits& limits, std::optional<SigningKey> key);

  grpc::ServerUnaryReactor* GetCapabilities(grpc::CallbackServerContext* context,
                                            const grpc::ByteBuffer* request,
                                            grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* CompileTrampoline(grpc::CallbackServerContext* context,
                                              const grpc::ByteBuffer* request,
                                              grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* BatchCompileTrampolines(grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer* request,
                                                    grpc::ByteBuffer* response) override;

 private:
  // That of a call that begins now, which keeps it.
  std::shared_ptr<const RequestHandler> handler() const;

  const uint32_t max_message_bytes_;
  ServiceState state_;
  mutable absl::Mutex mutex_;
  std::shared_ptr<const RequestHandler> handler_ ABSL_GUARDED_BY(mutex_);
  // Last, so that its threads end before what they use.
  WorkerPool workers_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_SERVICE_H_
