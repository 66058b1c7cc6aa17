#ifndef SPRINGBOARD_SERVER_METRICS_H_
#define SPRINGBOARD_SERVER_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/call_observer.h"
#include "server/process_state.h"
#include "server/server.h"

namespace springboard {

// What can be known when metrics are asked for, beside what has been counted.
struct MetricsSnapshot {
  ServerState server;
  ProcessState process;
  uint64_t dropped_log_lines = 0;
  absl::Time certificate_end = absl::InfinitePast();  // InfinitePast: there is none.
};

// What is scarce.
struct MetricsLimits {
  uint64_t max_calls = 0;
  uint64_t max_answer_bytes = 0;
  uint64_t max_resident_bytes = 0;
  uint64_t max_descriptors = 0;
};

// Counts calls, and gives all metrics of docs/operations.md. Thread-safe.
class Metrics final : public CallObserver {
 public:
  Metrics();

  void OnCall(const CallRecord& call) override;

  // 0 of a limit: there is none.
  void SetLimits(const MetricsLimits& limits);
  void CountReload(bool is_good);

  // In Prometheus' text format, version 0.0.4. Counters never go back, whatever the order in which
  // snapshots come.
  std::string Render(const MetricsSnapshot& snapshot);

 private:
  // By method, code and target, of which two are none and several.
  static constexpr size_t kCodes = 17;
  static constexpr size_t kTargetLabels = kTargetCount + 2;
  struct CallMetrics {
    prometheus::Counter* calls;
    prometheus::Histogram* duration;
  };

  const CallMetrics& MetricsOf(Method method, absl::StatusCode code, size_t target);
  void Update(const MetricsSnapshot& snapshot) ABSL_EXCLUSIVE_LOCKS_REQUIRED(render_mutex_);

  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& calls_;
  prometheus::Family<prometheus::Histogram>& duration_;
  prometheus::Family<prometheus::Counter>& rejected_;
  std::array<prometheus::Histogram*, kMethodCount> compile_duration_;
  prometheus::Histogram& batch_items_;
  std::array<prometheus::Counter*, kTargetCount> trampolines_;
  prometheus::Gauge& running_calls_;
  prometheus::Gauge& unread_answer_bytes_;
  prometheus::Gauge& connections_;
  prometheus::Counter& accepted_;
  prometheus::Counter& refused_peers_;
  prometheus::Counter& refused_full_;
  prometheus::Gauge& serving_;
  prometheus::Family<prometheus::Gauge>& limit_;
  prometheus::Counter& good_reloads_;
  prometheus::Counter& failed_reloads_;
  prometheus::Counter& dropped_log_lines_;
  prometheus::Family<prometheus::Gauge>& certificate_end_;
  prometheus::Gauge& resident_bytes_;
  prometheus::Gauge& open_descriptors_;
  prometheus::Gauge& max_descriptors_;
  prometheus::Gauge& threads_;
  prometheus::Counter& cpu_seconds_;
  // Made when they are first needed; never removed.
  std::array<std::atomic<const CallMetrics*>, kMethodCount* kCodes* kTargetLabels> by_call_ = {};
  absl::Mutex render_mutex_;
  absl::Mutex mutex_;
  std::vector<std::unique_ptr<const CallMetrics>> made_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_METRICS_H_
