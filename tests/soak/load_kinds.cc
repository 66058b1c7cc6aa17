#include "tests/soak/load_kinds.h"

#include <grpcpp/client_context.h>

#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/source/cancellation.h"
#include "client/source/remote_source.h"
#include "compiler/compile.h"
#include "proto/conversion.h"
#include "proto/grpc_status.h"
#include "springboard/v1/trampoline_compiler.grpc.pb.h"
#include "tests/soak/soak_channel.h"
#include "tests/support/signature_generator.h"

namespace springboard {
namespace {

constexpr absl::Duration kDeadline = absl::Seconds(20);
constexpr size_t kMaxItems = 10000;  // Of a batch.
// Between connections: the system keeps the port of a closed one for a minute, and has 28,000.
constexpr absl::Duration kBetweenConnections = absl::Milliseconds(3);

// Requests of a thread's own, whose answers it knows.
class Questions {
 public:
  explicit Questions(const SoakThread& thread) : generator_(thread.seed) {
    random_.seed(static_cast<uint32_t>(thread.seed));
  }

  CompileRequest Next() {
    const auto targets = static_cast<uint32_t>(AllTargets().size());
    return {generator_.Next(), AllTargets()[Below(targets)].target};
  }

  std::vector<CompileRequest> Next(size_t count) {
    std::vector<CompileRequest> requests;
    requests.reserve(count);
    for (size_t i = 0; i < count; ++i) requests.push_back(Next());
    return requests;
  }

  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>(random_() % bound); }

 private:
  SignatureGenerator generator_;
  std::mt19937 random_;
};

// Empty if it is what this process compiles.
std::string WhatIsWrong(const CompileRequest& request, const absl::StatusOr<Trampoline>& answer) {
  if (!answer.ok()) return answer.status().ToString();
  const absl::StatusOr<Trampoline> expected = Compile(request);
  if (!expected.ok()) return absl::StrCat("in this process: ", expected.status().ToString());
  if (*answer == *expected) return "";
  return absl::StrCat("another trampoline than this process makes of ",
                      request.signature.ToString(), " for ", Info(request.target).name);
}

void Count(LoadKind kind, const std::vector<CompileRequest>& requests,
           const CompileResults& results, SoakTally& tally) {
  std::string wrong = requests.size() == results.size() ? "" : "not as many answers as requests";
  for (size_t i = 0; i < requests.size() && wrong.empty(); ++i) {
    wrong = WhatIsWrong(requests[i], results[i]);
  }
  if (wrong.empty()) {
    tally.Add(kind, requests.size());
  } else {
    tally.AddWrong(kind, wrong);
  }
}

std::shared_ptr<TrampolineSource> MakeSource(const SoakThread& thread) {
  ClientSecurity security;
  if (thread.is_tls) security.tls.authorities = thread.server.authority;
  auto source = RemoteSource::Create(thread.server.address(thread.is_tls), security);
  if (source.ok()) return *std::move(source);
  thread.tally.AddWrong(LoadKind::kUnary, source.status().ToString());
  return nullptr;
}

// The certificate that the server showed in a call.
std::string Certificate(const grpc::ClientContext& context) {
  const auto values = context.auth_context()->FindPropertyValues("x509_pem_cert");
  return values.empty() ? "" : std::string(values[0].data(), values[0].size());
}

}  // namespace

void SoakUnary(const SoakThread& thread) {
  const std::shared_ptr<TrampolineSource> source = MakeSource(thread);
  Questions questions(thread);
  while (source != nullptr && !thread.is_over) {
    const std::vector<CompileRequest> requests = questions.Next(1);
    const absl::Time start = absl::Now();
    const CompileResults results = source->CompileMany(requests, start + kDeadline);
    thread.tally.AddLatency(absl::Now() - start);
    Count(LoadKind::kUnary, requests, results, thread.tally);
  }
}

void SoakBatches(const SoakThread& thread) {
  const std::shared_ptr<TrampolineSource> source = MakeSource(thread);
  Questions questions(thread);
  while (source != nullptr && !thread.is_over) {
    // Now and then as many as the server takes, in one thread: of two such batches at a time, which
    // is seldom, the server would keep the memory, and seem to grow.
    const bool is_large = !thread.is_tls && questions.Below(20) == 0;
    const size_t count = is_large ? kMaxItems : 2 + questions.Below(1000);
    const std::vector<CompileRequest> requests = questions.Next(count);
    Count(LoadKind::kBatch, requests, source->CompileMany(requests, absl::Now() + kDeadline),
          thread.tally);
  }
}

void SoakCancels(const SoakThread& thread) {
  const std::shared_ptr<TrampolineSource> source = MakeSource(thread);
  Questions questions(thread);
  while (source != nullptr && !thread.is_over) {
    const std::vector<CompileRequest> requests = questions.Next(2 + questions.Below(1000));
    const Cancellation cancellation = Cancellation::New();
    // Both live until the end.
    absl::Notification ended;
    CompileResults results;
    source->Start(requests, {absl::Now() + kDeadline, cancellation},
                  [&ended, &results](CompileResults all) {
                    results = std::move(all);
                    ended.Notify();
                  });
    absl::SleepFor(absl::Microseconds(questions.Below(10000)));
    cancellation.Cancel();
    ended.WaitForNotification();
    if (!results.empty() && absl::IsCancelled(results[0].status())) {
      thread.tally.AddCutShort();
      thread.tally.Add(LoadKind::kCancel, 0);
    } else {
      Count(LoadKind::kCancel, requests, results, thread.tally);
    }
  }
}

void SoakReconnects(const SoakThread& thread) {
  Questions questions(thread);
  std::string certificate;
  for (bool is_tls = true; !thread.is_over; is_tls = !is_tls) {
    absl::SleepFor(kBetweenConnections);
    const auto stub = v1::TrampolineCompiler::NewStub(MakeSoakChannel(thread.server, is_tls));
    const CompileRequest request = questions.Next();
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kDeadline));
    v1::CompileTrampolineResponse response;
    const absl::Status status =
        FromGrpcStatus(stub->CompileTrampoline(&context, ToProto(request), &response));
    Count(LoadKind::kReconnect, {request},
          {status.ok() ? FromProto(response.trampoline()) : absl::StatusOr<Trampoline>(status)},
          thread.tally);
    if (!is_tls || !status.ok()) continue;
    std::string shown = Certificate(context);
    if (!certificate.empty() && shown != certificate) thread.tally.AddCertificate();
    certificate = std::move(shown);
  }
}

}  // namespace springboard
