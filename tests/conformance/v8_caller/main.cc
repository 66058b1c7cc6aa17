// V8 as the caller: reads signatures from stdin, a line each, has a server compile their
// trampolines, and lets optimised JavaScript call compiled callees through them. Its output is what
// RunCaseProgram() reads.

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/arena/code_arena.h"
#include "client/testing/local_server.h"
#include "proto/conversion.h"
#include "springboard/v1/trampoline_compiler.grpc.pb.h"
#include "tests/conformance/v8_caller/engine.h"
#include "tests/conformance/v8_caller/fast_call.h"
#include "tests/conformance/v8_caller/native_callees.h"
#include "tests/support/case_seed.h"

namespace springboard {
namespace {

absl::StatusOr<std::vector<Signature>> ReadSignatures(std::istream& in) {
  std::vector<Signature> signatures;
  std::string line;
  while (std::getline(in, line)) {
    const absl::StatusOr<Signature> signature = Signature::Parse(line);
    if (!signature.ok()) return signature.status();
    signatures.push_back(*signature);
  }
  return signatures;
}

// The messages of a server of its own: with the templates, which the client library leaves out.
absl::StatusOr<v1::BatchCompileTrampolinesResponse> CompileThroughServer(
    const std::vector<Signature>& signatures) {
  const absl::StatusOr<LocalServer> server = LocalServer::Start();
  if (!server.ok()) return server.status();
  v1::BatchCompileTrampolinesRequest request;
  for (const Signature& signature : signatures) {
    *request.add_requests() = ToProto(CompileRequest{signature, Target::kX64SystemV});
  }
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  const auto stub = v1::TrampolineCompiler::NewStub(
      grpc::CreateCustomChannel(server->address(), grpc::InsecureChannelCredentials(), arguments));
  grpc::ClientContext context;
  v1::BatchCompileTrampolinesResponse response;
  const grpc::Status status = stub->BatchCompileTrampolines(&context, request, &response);
  if (!status.ok()) return absl::InternalError(status.error_message());
  if (response.items_size() != static_cast<int>(signatures.size())) {
    return absl::InternalError("the server's answer has another length");
  }
  return response;
}

std::string RunOne(Engine& engine, CodeArena& arena, const Signature& signature, const void* callee,
                   const v1::BatchCompileTrampolinesResponse::Item& item, uint64_t seed) {
  if (item.has_error()) return FromProto(item.error()).ToString();
  const absl::StatusOr<Trampoline> trampoline = FromProto(item.trampoline());
  if (!trampoline.ok()) return trampoline.status().ToString();
  const absl::StatusOr<BoundTrampoline> bound = arena.Link(signature, *trampoline, callee);
  if (!bound.ok()) return bound.status().ToString();
  std::mt19937_64 random(CaseSeed(seed, signature));
  return CheckFastCalls(engine, signature, item.trampoline().fast_api(), bound->entry(), random);
}

absl::Status Run(uint64_t seed, size_t first) {
  const absl::StatusOr<std::vector<Signature>> signatures = ReadSignatures(std::cin);
  if (!signatures.ok()) return signatures.status();
  const absl::StatusOr<NativeCallees> callees = NativeCallees::Load(*signatures);
  if (!callees.ok()) return callees.status();
  const absl::StatusOr<v1::BatchCompileTrampolinesResponse> response =
      CompileThroughServer(*signatures);
  if (!response.ok()) return response.status();
  absl::StatusOr<CodeArena> arena = CodeArena::Create();
  if (!arena.ok()) return arena.status();
  Engine engine;
  for (size_t i = first; i < signatures->size(); ++i) {
    std::cout << "begin " << i << std::endl;
    const std::string problem = RunOne(engine, *arena, (*signatures)[i], callees->Callee(i),
                                       response->items(static_cast<int>(i)), seed);
    if (!problem.empty()) std::cout << "wrong " << i << " " << problem << "\n";
  }
  std::cout << "done\n";
  return absl::OkStatus();
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: v8_caller SEED FIRST <SIGNATURES\n";
    return 2;
  }
  const absl::Status status =
      springboard::Run(std::strtoull(argv[1], nullptr, 10), std::strtoull(argv[2], nullptr, 10));
  if (status.ok()) return 0;
  std::cerr << "v8_caller: " << status << "\n";
  return 1;
}
