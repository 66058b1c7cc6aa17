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
// Of the batches of a thread, that it sends again and again in any order: the server keeps memory
// for the largest, and what holes they leave in it depends on what they have, so that batches that
// are always new would have it grow, ever more slowly, for hours.
constexpr size_t kBatchItems[] = {2, 50, 200, 500, 1000};
// As many as the server takes, in one thread only: two such batches at a time would be seldom.
constexpr size_t kMaxItems = 10000;
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

  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>(random_() % bound); }

 private:
  SignatureGenerator generator_;
  std::mt19937 random_;
};

// Empty if the answer is what this process compiles.
std::string WhatIsWrong(const CompileRequest& request, const absl::StatusOr<Trampoline>& expected,
                        const absl::StatusOr<Trampoline>& answer) {
  if (!answer.ok()) return answer.status().ToString();
  if (!expected.ok()) return absl::StrCat("in this process: ", expected.status().ToString());
  if (*answer == *expected) return "";
  return absl::StrCat("another trampoline than this process makes of ",
                      request.signature.ToString(), " for ", Info(request.target).name);
}

void Count(LoadKind kind, const std::string& wrong, uint64_t trampolines, SoakTally& tally) {
  if (wrong.empty()) {
    tally.Add(kind, trampolines);
  } else {
    tally.AddWrong(kind, wrong);
  }
}

// Requests that are sent together, and their answers.
struct Batch {
  std::vector<CompileRequest> requests;
  std::vector<absl::StatusOr<Trampoline>> expected;

  Batch(size_t items, Questions& questions) {
    for (size_t i = 0; i < items; ++i) {
      requests.push_back(questions.Next());
      expected.push_back(Compile(requests.back()));
    }
  }

  // Empty if nothing is.
  std::string WhatIsWrong(const CompileResults& results) const {
    if (results.size() != requests.size()) return "not as many answers as requests";
    for (size_t i = 0; i < results.size(); ++i) {
      std::string wrong = springboard::WhatIsWrong(requests[i], expected[i], results[i]);
      if (!wrong.empty()) return wrong;
    }
    return "";
  }
};

std::vector<Batch> MakeBatches(Questions& questions) {
  std::vector<Batch> batches;
  for (const size_t items : kBatchItems) batches.emplace_back(items, questions);
  return batches;
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
    const CompileRequest request = questions.Next();
    const absl::Time start = absl::Now();
    const absl::StatusOr<Trampoline> answer = source->Compile(request, start + kDeadline);
    thread.tally.AddLatency(absl::Now() - start);
    Count(LoadKind::kUnary, WhatIsWrong(request, Compile(request), answer), 1, thread.tally);
  }
}

void SoakBatches(const SoakThread& thread) {
  const std::shared_ptr<TrampolineSource> source = MakeSource(thread);
  Questions questions(thread);
  std::vector<Batch> batches = MakeBatches(questions);
  if (!thread.is_tls) batches.emplace_back(kMaxItems, questions);
  while (source != nullptr && !thread.is_over) {
    const Batch& batch = batches[questions.Below(static_cast<uint32_t>(batches.size()))];
    const CompileResults results = source->CompileMany(batch.requests, absl::Now() + kDeadline);
    Count(LoadKind::kBatch, batch.WhatIsWrong(results), results.size(), thread.tally);
  }
}

void SoakCancels(const SoakThread& thread) {
  const std::shared_ptr<TrampolineSource> source = MakeSource(thread);
  Questions questions(thread);
  const std::vector<Batch> batches = MakeBatches(questions);
  while (source != nullptr && !thread.is_over) {
    const Batch& batch = batches[questions.Below(static_cast<uint32_t>(batches.size()))];
    const Cancellation cancellation = Cancellation::New();
    // Both live until the end.
    absl::Notification ended;
    CompileResults results;
    source->Start(batch.requests, {absl::Now() + kDeadline, cancellation},
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
      Count(LoadKind::kCancel, batch.WhatIsWrong(results), results.size(), thread.tally);
    }
  }
}

void SoakReconnects(const SoakThread& thread) {
  Questions questions(thread);
  for (bool is_tls = true; !thread.is_over; is_tls = !is_tls) {
    absl::SleepFor(kBetweenConnections);
    const auto stub = v1::TrampolineCompiler::NewStub(MakeSoakChannel(thread.server, is_tls));
    const CompileRequest request = questions.Next();
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kDeadline));
    v1::CompileTrampolineResponse response;
    const absl::Status status =
        FromGrpcStatus(stub->CompileTrampoline(&context, ToProto(request), &response));
    const absl::StatusOr<Trampoline> answer =
        status.ok() ? FromProto(response.trampoline()) : absl::StatusOr<Trampoline>(status);
    Count(LoadKind::kReconnect, WhatIsWrong(request, Compile(request), answer), 1, thread.tally);
    if (is_tls && status.ok()) thread.tally.AddCertificate(Certificate(context));
  }
}

}  // namespace springboard
