#ifndef SPRINGBOARD_SERVER_SERVICE_H_
#define SPRINGBOARD_SERVER_SERVICE_H_

#include <grpcpp/support/server_callback.h>

#include <cstdint>

#include "compiler/signature.h"
#include "springboard/v1/trampoline_compiler.grpc.pb.h"

namespace springboard {

// What a server accepts in a request.
struct ServiceLimits {
  uint32_t max_parameters = Signature::kMaxParameters;  // 0 to Signature::kMaxParameters.
  uint32_t max_batch_items = 10000;
  uint32_t max_message_bytes = 4 << 20;  // Enforced by gRPC before the service sees a message.
};

// The service's methods, without state: see trampoline_compiler.proto for their contracts.
// Thread-safe.
class TrampolineCompilerService final : public v1::TrampolineCompiler::CallbackService {
 public:
  explicit TrampolineCompilerService(const ServiceLimits& limits) : limits_(limits) {}

  grpc::ServerUnaryReactor* GetCapabilities(grpc::CallbackServerContext* context,
                                            const v1::GetCapabilitiesRequest* request,
                                            v1::Capabilities* response) override;
  grpc::ServerUnaryReactor* CompileTrampoline(grpc::CallbackServerContext* context,
                                              const v1::CompileTrampolineRequest* request,
                                              v1::CompileTrampolineResponse* response) override;
  grpc::ServerUnaryReactor* BatchCompileTrampolines(
      grpc::CallbackServerContext* context, const v1::BatchCompileTrampolinesRequest* request,
      v1::BatchCompileTrampolinesResponse* response) override;

 private:
  const ServiceLimits limits_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_SERVICE_H_
