// echo_server ADDRESS BYTES: the control of rpc_benchmark. A server whose process is set up as ours
// is, from its heap to its filter of system calls, and that answers every CompileTrampoline with
// BYTES zeroes, without a look at the request.

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/support/byte_buffer.h>
#include <signal.h>

#include <csignal>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/synchronization/mutex.h"
#include "server/acceptor.h"
#include "server/heap.h"
#include "server/listening_socket.h"
#include "server/system_call_filter.h"
#include "server/transport.h"
#include "springboard/v1/trampoline_compiler.grpc.pb.h"

namespace springboard {
namespace {

using RawService = v1::TrampolineCompiler::WithRawCallbackMethod_CompileTrampoline<
    v1::TrampolineCompiler::Service>;

class EchoService final : public RawService {
 public:
  explicit EchoService(size_t bytes) : answer_(std::string(bytes, '\0')) {}

  grpc::ServerUnaryReactor* CompileTrampoline(grpc::CallbackServerContext* context,
                                              const grpc::ByteBuffer* /*request*/,
                                              grpc::ByteBuffer* response) override {
    *response = grpc::ByteBuffer(&answer_, 1);
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  const grpc::Slice answer_;
};

int Fail(const std::string& why) {
  std::cerr << "echo_server: " << why << "\n";
  return 1;
}

int Main(int argc, char** argv) {
  SetUpHeap();
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  size_t bytes = 0;
  if (argc != 3 || !absl::SimpleAtoi(argv[2], &bytes)) return Fail("takes ADDRESS BYTES");
  std::signal(SIGPIPE, SIG_IGN);
  absl::StatusOr<std::vector<ListeningSocket>> sockets = ListeningSocket::OpenAll({argv[1]}, 0600);
  if (!sockets.ok()) return Fail(sockets.status().ToString());
  EchoService service(bytes);
  grpc::ServerBuilder builder;
  SetUpTransport(TransportLimits(), /*max_message_bytes=*/4 << 20, builder);
  builder.RegisterService(&service);
  std::vector<std::unique_ptr<Acceptor::Connections>> connections;
  for (size_t i = 0; i < sockets->size(); ++i) {
    connections.push_back(builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
        grpc::InsecureServerCredentials()));
  }
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return Fail("gRPC cannot start a server");
  const std::string address = sockets->front().kind().address;
  const Acceptor acceptor(*std::move(sockets), std::move(connections), Acceptor::Options());
  const absl::Status filtered =
      InstallSystemCallFilter(SystemCallFilter::kKill, /*removes_sockets=*/true);
  if (!filtered.ok()) return Fail(filtered.ToString());
  std::cout << "listening on " << address << std::endl;
  // Until it is killed.
  server->Wait();
  return 0;
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) { return springboard::Main(argc, argv); }
