#include "tests/replicas/scenarios.h"

#include <functional>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "tests/replicas/slow_link.h"

namespace springboard {
namespace {

constexpr absl::Duration kSettle = absl::Seconds(1);
// Between kills, as long as a replica is stopped, and until it is disturbed again.
constexpr absl::Duration kKillPeriod = absl::Seconds(2);
constexpr absl::Duration kDead = absl::Milliseconds(500);
constexpr absl::Duration kStopped = absl::Seconds(10);
constexpr absl::Duration kAfterStop = absl::Seconds(2);

// How soon whoever balances knows that a replica drains, or is back: by a watch of its health, or
// by HAProxy's checks.
absl::Duration Notice(Through through) {
  return through == Through::kDirect ? absl::Milliseconds(300) : absl::Milliseconds(1000);
}

// Does something to the replicas, and says what; or fails.
using Disturbance = std::function<absl::StatusOr<std::string>(Replicas& replicas)>;

ScenarioResult Run(const ReplicasOptions& options, const Disturbance& disturb) {
  ScenarioResult result;
  const absl::StatusOr<std::unique_ptr<Replicas>> replicas = Replicas::Start(options);
  if (!replicas.ok()) {
    result.failure = replicas.status().ToString();
    return result;
  }
  // HAProxy takes no connections yet; and it has seen no replica.
  if (!AwaitAnswers((*replicas)->address())) {
    result.failure = "the replicas do not answer";
    return result;
  }
  Callers callers((*replicas)->address());
  // Until all replicas are called.
  absl::SleepFor(kSettle);
  const absl::StatusOr<std::string> done = disturb(**replicas);
  result.tally = callers.Stop();
  if (done.ok()) {
    result.done = *done;
  } else {
    result.failure = done.status().ToString();
  }
  return result;
}

ReplicasOptions ReplicasOf(const ScenarioOptions& options) {
  ReplicasOptions replicas;
  replicas.program = options.program;
  replicas.through = options.through;
  replicas.drain_delay_ms = static_cast<int>(absl::ToInt64Milliseconds(Notice(options.through)));
  return replicas;
}

absl::Status StartAgain(ServerVictim& replica) {
  replica.Start();
  return replica.AwaitReady() ? absl::OkStatus()
                              : absl::UnavailableError("a replica did not start again");
}

// kill -9 of one every 2 s, each in turn.
ScenarioResult Kill(const ScenarioOptions& options) {
  return Run(ReplicasOf(options), [&](Replicas& replicas) -> absl::StatusOr<std::string> {
    const absl::Time end = absl::Now() + options.time;
    size_t kills = 0;
    for (; absl::Now() < end; ++kills) {
      ServerVictim& replica = replicas[kills % Replicas::kCount];
      replica.Kill();
      absl::SleepFor(kDead);
      const absl::Status status = StartAgain(replica);
      if (!status.ok()) return status;
      absl::SleepFor(kKillPeriod - kDead);
    }
    return absl::StrCat(kills, " kills");
  });
}

// One after the other ends by SIGTERM and is started again.
ScenarioResult Roll(const ScenarioOptions& options) {
  return Run(ReplicasOf(options), [&](Replicas& replicas) -> absl::StatusOr<std::string> {
    for (int roll = 0; roll < options.rolls; ++roll) {
      for (size_t i = 0; i < Replicas::kCount; ++i) {
        const int exit_code = replicas[i].Terminate();
        if (exit_code != 0) {
          return absl::InternalError(absl::StrCat("a replica ended by SIGTERM with ", exit_code));
        }
        const absl::Status status = StartAgain(replicas[i]);
        if (!status.ok()) return status;
        absl::SleepFor(Notice(options.through));
      }
    }
    return absl::StrCat(options.rolls, " rolling restarts");
  });
}

// One hangs for 10 s.
ScenarioResult Stop(const ScenarioOptions& options) {
  return Run(ReplicasOf(options), [&](Replicas& replicas) -> absl::StatusOr<std::string> {
    const absl::Time end = absl::Now() + options.time;
    size_t stops = 0;
    do {
      const ServerVictim& replica = replicas[stops % Replicas::kCount];
      replica.Stop();
      absl::SleepFor(kStopped);
      replica.Continue();
      absl::SleepFor(kAfterStop);
      ++stops;
    } while (absl::Now() < end);
    return absl::StrCat(stops, " stops");
  });
}

// All replicas are behind a link that takes 100 ms and loses 5 %, either way.
ScenarioResult SlowNetwork(const ScenarioOptions& options) {
  ScenarioResult result;
  absl::Status status = options.network;
  absl::StatusOr<std::unique_ptr<SlowLink>> link;
  if (status.ok()) {
    link = SlowLink::Create(absl::Milliseconds(100), /*loss=*/0.05);
    status = link.status();
  }
  if (!status.ok()) {
    result.skipped = std::string(status.message());
    return result;
  }
  ReplicasOptions replicas = ReplicasOf(options);
  replicas.host = SlowLink::kFar;
  replicas.command_prefix = (*link)->CommandPrefix();
  return Run(replicas, [&](Replicas& /*replicas*/) -> absl::StatusOr<std::string> {
    absl::SleepFor(options.time);
    return absl::StrFormat("%d of %d packets lost", (*link)->lost(), (*link)->carried());
  });
}

}  // namespace

std::vector<Scenario> AllScenarios() {
  return {{"kill", true, &Kill},
          {"roll", false, &Roll},
          {"stop", true, &Stop},
          {"slow-network", true, &SlowNetwork}};
}

}  // namespace springboard
