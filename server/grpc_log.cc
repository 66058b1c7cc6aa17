#include "server/grpc_log.h"

#include <grpc/support/log.h>

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/line_sampler.h"

namespace springboard {
namespace {

struct Sink {
  explicit Sink(std::shared_ptr<Log> to) : log(std::move(to)) {}

  const std::shared_ptr<Log> log;
  LineSampler sampler{/*per_second=*/10};
};

// gRPC's log function has no argument of its own. Never destroyed.
Sink* sink = nullptr;

void Write(gpr_log_func_args* line) {
  const std::optional<uint64_t> left_out = sink->sampler.Take(absl::Now());
  if (!left_out.has_value()) return;
  const std::string source = absl::StrCat(line->file, ":", line->line);
  const std::string others = absl::StrCat(*left_out);
  // Mostly about what peers do, whatever gRPC calls it.
  sink->log->Warning("gRPC", {{"what", line->message}, {"source", source}, {"left_out", others}});
}

}  // namespace

void SendGrpcLogTo(std::shared_ptr<Log> log) {
  sink = new Sink(std::move(log));
  gpr_set_log_function(&Write);
}

}  // namespace springboard
