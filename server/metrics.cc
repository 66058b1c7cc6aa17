#include "server/metrics.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/version.h"
#include "compiler/error_details.h"
#include "compiler/target.h"
#include "compiler/trampoline.h"
#include "proto/api_version.h"

namespace springboard {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using Labels = prometheus::Labels;

// Seconds: from less than a call of one trampoline takes to what clients wait for.
const Histogram::BucketBoundaries& Durations() {
  static const auto* const bounds = new Histogram::BucketBoundaries{
      1e-5,  2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01,
      0.025, 0.05,   0.1,  0.25, 0.5,    1,    2.5,  5,      10};
  return *bounds;
}

const Histogram::BucketBoundaries& ItemCounts() {
  static const auto* const bounds = new Histogram::BucketBoundaries{
      1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000};
  return *bounds;
}

Family<Counter>& AddCounters(prometheus::Registry& registry, const std::string& name,
                             const std::string& help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

Family<Gauge>& AddGauges(prometheus::Registry& registry, const std::string& name,
                         const std::string& help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

Family<Histogram>& AddHistograms(prometheus::Registry& registry, const std::string& name,
                                 const std::string& help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

Counter& AddCounter(prometheus::Registry& registry, const std::string& name,
                    const std::string& help, const Labels& labels = {}) {
  return AddCounters(registry, name, help).Add(labels);
}

Gauge& AddGauge(prometheus::Registry& registry, const std::string& name, const std::string& help) {
  return AddGauges(registry, name, help).Add({});
}

// What has been counted elsewhere.
void Advance(Counter& counter, double value) {
  if (value > counter.Value()) counter.Increment(value - counter.Value());
}

constexpr size_t kNoTarget = kTargetCount;
constexpr size_t kSeveralTargets = kTargetCount + 1;

// The index of the label for a call's targets.
size_t TargetLabel(const Work& work) {
  if (work.targets.none()) return kNoTarget;
  if (work.targets.count() > 1) return kSeveralTargets;
  size_t i = 0;
  while (!work.targets.test(i)) ++i;
  return i;
}

std::string TargetText(size_t label) {
  if (label == kNoTarget) return "";
  if (label == kSeveralTargets) return "several";
  return std::string(AllTargets()[label].name);
}

}  // namespace

Metrics::Metrics()
    : calls_(AddCounters(registry_, "springboard_calls_total",
                         "Calls that have been answered or refused. target: several for a batch "
                         "with more than one, empty for a call without any.")),
      duration_(AddHistograms(registry_, "springboard_call_duration_seconds",
                              "From a call's request until its answer is there to be sent.")),
      rejected_(AddCounters(registry_, "springboard_rejected_total",
                            "Calls and items of batches that got an error, by its reason.")),
      compile_duration_(),
      batch_items_(AddHistograms(registry_, "springboard_batch_items", "Trampolines in a batch.")
                       .Add({}, ItemCounts())),
      trampolines_(),
      running_calls_(AddGauge(registry_, "springboard_running_calls",
                              "Calls under way, until their answers have been sent.")),
      unread_answer_bytes_(AddGauge(registry_, "springboard_unread_answer_bytes",
                                    "Bytes of answers that clients have not read yet.")),
      connections_(AddGauge(registry_, "springboard_connections", "Open connections.")),
      accepted_(AddCounter(registry_, "springboard_connections_accepted_total",
                           "Connections that were accepted.")),
      refused_peers_(AddCounter(registry_, "springboard_connections_refused_total",
                                "Connections that were closed at once. peer: not allowed; full: "
                                "no descriptor for them.",
                                {{"reason", "peer"}})),
      refused_full_(AddCounter(registry_, "springboard_connections_refused_total",
                               "Connections that were closed at once. peer: not allowed; full: "
                               "no descriptor for them.",
                               {{"reason", "full"}})),
      serving_(AddGauge(registry_, "springboard_serving",
                        "1 while health checks answer SERVING, 0 while the server drains.")),
      limit_(AddGauges(registry_, "springboard_limit",
                       "Limits of this server that are set, by their flags' names.")),
      good_reloads_(AddCounter(registry_, "springboard_reloads_total",
                               "Reloads of keys and limits by SIGHUP.", {{"result", "ok"}})),
      failed_reloads_(AddCounter(registry_, "springboard_reloads_total",
                                 "Reloads of keys and limits by SIGHUP.", {{"result", "error"}})),
      dropped_log_lines_(AddCounter(registry_, "springboard_log_lines_dropped_total",
                                    "Log lines that were not written, since nobody read stderr.")),
      certificate_end_(AddGauges(registry_,
                                 "springboard_tls_certificate_not_after_timestamp_seconds",
                                 "When the server's certificate ends. Without TLS there is none.")),
      resident_bytes_(
          AddGauge(registry_, "process_resident_memory_bytes", "Resident memory in bytes.")),
      open_descriptors_(AddGauge(registry_, "process_open_fds", "Open file descriptors.")),
      max_descriptors_(
          AddGauge(registry_, "process_max_fds", "The most file descriptors that may be open.")),
      threads_(AddGauge(registry_, "process_threads", "Threads.")),
      cpu_seconds_(AddCounter(registry_, "process_cpu_seconds_total",
                              "User and system CPU time in seconds.")) {
  auto& compiling = AddHistograms(registry_, "springboard_compile_duration_seconds",
                                  "What compiling all trampolines of a call took.");
  compile_duration_ = {};
  for (const Method method : {Method::kCompileTrampoline, Method::kBatchCompileTrampolines}) {
    compile_duration_[static_cast<size_t>(method)] =
        &compiling.Add({{"method", std::string(Name(method))}}, Durations());
  }
  auto& trampolines =
      AddCounters(registry_, "springboard_trampolines_total", "Trampolines that were compiled.");
  for (const TargetInfo& row : AllTargets()) {
    trampolines_[static_cast<size_t>(row.target)] =
        &trampolines.Add({{"target", std::string(row.name)}});
  }
  AddGauges(registry_, "springboard_build_info", "1; the labels say what is running.")
      .Add({{"version", kVersion},
            {"api_version", kApiVersion},
            {"codegen_version", absl::StrCat(kCodegenVersion)}})
      .Set(1);
  AddGauge(registry_, "process_start_time_seconds", "When the process started, in Unix time.")
      .Set(absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch()));
}

const Metrics::CallMetrics& Metrics::MetricsOf(Method method, absl::StatusCode code,
                                               size_t target) {
  const size_t code_index = std::min(static_cast<size_t>(code), kCodes - 1);
  std::atomic<const CallMetrics*>& known =
      by_call_[(static_cast<size_t>(method) * kCodes + code_index) * kTargetLabels + target];
  if (const CallMetrics* metrics = known.load(std::memory_order_acquire)) return *metrics;
  const Labels labels = {{"method", std::string(Name(method))},
                         {"code", absl::StatusCodeToString(code)},
                         {"target", TargetText(target)}};
  // The same objects again, if another thread is here too.
  auto made = std::make_unique<const CallMetrics>(
      CallMetrics{&calls_.Add(labels), &duration_.Add(labels, Durations())});
  known.store(made.get(), std::memory_order_release);
  const absl::MutexLock lock(&mutex_);
  made_.push_back(std::move(made));
  return *made_.back();
}

void Metrics::OnCall(const CallRecord& call) {
  const Work& work = *call.work;
  const CallMetrics& metrics = MetricsOf(call.method, call.status->code(), TargetLabel(work));
  metrics.calls->Increment();
  metrics.duration->Observe(absl::ToDoubleSeconds(call.duration));
  if (!call.status->ok()) {
    const std::optional<ErrorDetails> details = GetErrorDetails(*call.status);
    // That of a single trampoline is counted with its work.
    if (call.method != Method::kCompileTrampoline || work.rejected.empty()) {
      const std::string reason =
          details.has_value() ? details->reason : absl::StatusCodeToString(call.status->code());
      rejected_.Add({{"reason", reason}}).Increment();
    }
  }
  for (const auto& [reason, count] : work.rejected) {
    rejected_.Add({{"reason", reason}}).Increment(count);
  }
  if (work.items == 0) return;
  if (call.method == Method::kBatchCompileTrampolines) batch_items_.Observe(work.items);
  for (size_t i = 0; i < kTargetCount; ++i) {
    if (work.trampolines[i] > 0) trampolines_[i]->Increment(work.trampolines[i]);
  }
  if (Histogram* const compiling = compile_duration_[static_cast<size_t>(call.method)]) {
    compiling->Observe(absl::ToDoubleSeconds(work.compiling));
  }
}

void Metrics::SetLimits(const MetricsLimits& limits) {
  const std::pair<const char*, uint64_t> all[] = {{"max_calls", limits.max_calls},
                                                  {"max_answer_bytes", limits.max_answer_bytes},
                                                  {"max_resident_bytes", limits.max_resident_bytes},
                                                  {"max_descriptors", limits.max_descriptors}};
  for (const auto& [name, value] : all) {
    Gauge& gauge = limit_.Add({{"limit", name}});
    if (value > 0) {
      gauge.Set(static_cast<double>(value));
    } else {
      limit_.Remove(&gauge);
    }
  }
}

void Metrics::CountReload(bool is_good) { (is_good ? good_reloads_ : failed_reloads_).Increment(); }

void Metrics::Update(const MetricsSnapshot& snapshot) {
  const ServerState& server = snapshot.server;
  running_calls_.Set(server.running.calls);
  unread_answer_bytes_.Set(static_cast<double>(server.running.answer_bytes));
  connections_.Set(static_cast<double>(server.connections.open));
  Advance(accepted_, static_cast<double>(server.connections.accepted));
  Advance(refused_peers_, static_cast<double>(server.connections.refused_peers));
  Advance(refused_full_, static_cast<double>(server.connections.refused_full));
  serving_.Set(server.is_serving ? 1 : 0);
  Advance(dropped_log_lines_, static_cast<double>(snapshot.dropped_log_lines));
  if (snapshot.certificate_end != absl::InfinitePast()) {
    certificate_end_.Add({}).Set(
        absl::ToDoubleSeconds(snapshot.certificate_end - absl::UnixEpoch()));
  }
  const ProcessState& process = snapshot.process;
  resident_bytes_.Set(static_cast<double>(process.resident_bytes));
  open_descriptors_.Set(static_cast<double>(process.open_descriptors));
  max_descriptors_.Set(static_cast<double>(process.max_descriptors));
  threads_.Set(static_cast<double>(process.threads));
  Advance(cpu_seconds_, process.cpu_seconds);
}

std::string Metrics::Render(const MetricsSnapshot& snapshot) {
  const absl::MutexLock lock(&render_mutex_);
  Update(snapshot);
  return prometheus::TextSerializer().Serialize(registry_.Collect());
}

}  // namespace springboard
