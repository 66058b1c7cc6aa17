#include "tests/replicas/callers.h"

#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/source/in_process_source.h"
#include "client/source/remote_source.h"
#include "tests/support/signature_generator.h"

namespace springboard {
namespace {

constexpr uint32_t kLinkingThreads = 8;
constexpr uint32_t kBatchThreads = 2;
// How long after its deadline a call may be seen to end on a busy machine.
constexpr absl::Duration kTolerance = absl::Milliseconds(500);
constexpr int kMaxBatchBits = 11;

std::unique_ptr<Client> MakeClient(const std::string& address) {
  ClientOptions options;
  options.server = std::make_shared<RemoteSource>(address);
  options.require_remote = true;
  options.cache_bytes = 0;
  options.timeout = Callers::kDeadline;
  // Fails for want of memory alone, without which a test ends anyway.
  return *Client::Create(std::move(options));
}

CallTally FromLinks(const LinkTally& links) {
  CallTally tally;
  tally.calls = links.links;
  tally.wrong = links.wrong;
  tally.lost = links.failed;
  tally.late = links.longest > Callers::kDeadline + kTolerance ? 1 : 0;
  tally.longest = links.longest;
  tally.last_loss = links.last_failure;
  return tally;
}

}  // namespace

CallTally& CallTally::operator+=(const CallTally& other) {
  calls += other.calls;
  wrong += other.wrong;
  lost += other.lost;
  late += other.late;
  longest = std::max(longest, other.longest);
  if (!other.last_loss.empty()) last_loss = other.last_loss;
  return *this;
}

Callers::Callers(const std::string& address)
    : address_(address), client_(MakeClient(address)), links_(*client_, kLinkingThreads) {
  for (uint32_t seed = 0; seed < kBatchThreads; ++seed) {
    threads_.emplace_back([this, seed] { AskForBatches(seed); });
  }
  threads_.emplace_back([this] { AskAsNewClients(); });
}

Callers::~Callers() {
  if (!threads_.empty()) Stop();
}

CallTally Callers::tally() const {
  CallTally tally = FromLinks(links_.tally());
  const absl::MutexLock lock(&mutex_);
  return tally += tally_;
}

CallTally Callers::Stop() {
  is_over_ = true;
  links_.Stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  return tally();
}

void Callers::AskForBatches(uint32_t seed) {
  SignatureGenerator generator(seed);
  std::mt19937 random(seed);
  while (!is_over_) {
    std::vector<CompileRequest> requests;
    for (auto left = 1U << (random() % (kMaxBatchBits + 1)); left > 0; --left) {
      const Target target = AllTargets()[random() % AllTargets().size()].target;
      requests.push_back({generator.Next(), target});
    }
    Ask(client_->source(), requests);
    absl::SleepFor(absl::Milliseconds(20));
  }
}

void Callers::AskAsNewClients() {
  SignatureGenerator generator(/*seed=*/kBatchThreads);
  while (!is_over_) {
    RemoteSource source(address_);
    Ask(source, {{generator.Next(), Target::kX64SystemV}});
    absl::SleepFor(absl::Milliseconds(50));
  }
}

void Callers::Ask(TrampolineSource& source, const std::vector<CompileRequest>& requests) {
  const absl::Time start = absl::Now();
  const CompileResults answers = source.CompileMany(requests, start + kDeadline);
  const absl::Duration latency = absl::Now() - start;
  InProcessSource in_process;
  const CompileResults right = in_process.CompileMany(requests);
  CallTally call;
  call.calls = 1;
  call.late = latency > kDeadline + kTolerance ? 1 : 0;
  call.longest = latency;
  for (size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i].ok()) {
      call.lost = 1;
      call.last_loss =
          absl::StrCat("a batch of ", requests.size(), ": ", answers[i].status().ToString());
    } else if (!right[i].ok() || !(*answers[i] == *right[i])) {
      call.wrong = 1;
    }
  }
  const absl::MutexLock lock(&mutex_);
  tally_ += call;
}

bool AwaitAnswers(const std::string& address) {
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  while (absl::Now() < deadline) {
    RemoteSource source(address);
    if (source.GetCapabilities(deadline).ok()) return true;
    absl::SleepFor(absl::Milliseconds(50));
  }
  return false;
}

}  // namespace springboard
