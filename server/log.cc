#include "server/log.h"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "compiler/error_details.h"
#include "server/request_id.h"

namespace springboard {
namespace {

constexpr size_t kMaxLines = 8192;
// Of a value that a peer may have made long.
constexpr size_t kMaxValueBytes = 512;
constexpr std::array<absl::string_view, 3> kLevelNames = {"info", "warning", "error"};

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone());
}

// As logfmt has it: quoted where it would not be read back otherwise.
std::string TextValue(absl::string_view value) {
  bool is_plain = !value.empty();
  for (const char c : value) {
    is_plain = is_plain && absl::ascii_isgraph(static_cast<unsigned char>(c)) && c != '"' &&
               c != '=' && c != '\\';
  }
  return is_plain ? std::string(value) : absl::StrCat("\"", absl::Utf8SafeCEscape(value), "\"");
}

// Whether it was the server that could not, whatever was asked.
bool IsOurFault(absl::StatusCode code) {
  return code == absl::StatusCode::kInternal || code == absl::StatusCode::kUnknown ||
         code == absl::StatusCode::kDataLoss;
}

std::string TargetNames(const Work& work) {
  std::vector<absl::string_view> names;
  for (const TargetInfo& row : AllTargets()) {
    if (work.targets.test(static_cast<size_t>(row.target))) names.push_back(row.name);
  }
  return absl::StrJoin(names, ",");
}

}  // namespace

std::optional<LogLevel> FindLogLevel(absl::string_view name) {
  for (size_t i = 0; i < kLevelNames.size(); ++i) {
    if (kLevelNames[i] == name) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

// An event in either format.
class Log::Line {
 public:
  Line(LogFormat format, LogLevel level, absl::string_view message) : format_(format) {
    const absl::string_view level_name = kLevelNames[static_cast<size_t>(level)];
    const std::string time = TimeText(absl::Now());
    if (format == LogFormat::kText) {
      text_ = absl::StrCat(time, " ", level_name, " ", absl::Utf8SafeCEscape(message));
      return;
    }
    Add("time", time);
    Add("level", level_name);
    Add("message", message);
  }

  void Add(absl::string_view key, absl::string_view whole) {
    const std::string value = whole.size() <= kMaxValueBytes
                                  ? std::string(whole)
                                  : absl::StrCat(whole.substr(0, kMaxValueBytes), "...");
    if (format_ == LogFormat::kText) {
      absl::StrAppend(&text_, " ", key, "=", TextValue(value));
    } else {
      json_[std::string(key)] = value;
    }
  }

  void Add(absl::string_view key, uint64_t value) {
    if (format_ == LogFormat::kText) {
      absl::StrAppend(&text_, " ", key, "=", value);
    } else {
      json_[std::string(key)] = value;
    }
  }

  std::string Text() const {
    if (format_ == LogFormat::kText) return text_;
    return json_.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  }

 private:
  const LogFormat format_;
  std::string text_;
  nlohmann::ordered_json json_;
};

// stderr, and how many lines it has taken.
class Log::CountingSink final : public spdlog::sinks::sink {
 public:
  void log(const spdlog::details::log_msg& message) override {
    stderr_.log(message);
    ++written_;
  }
  void flush() override { stderr_.flush(); }
  void set_pattern(const std::string& pattern) override { stderr_.set_pattern(pattern); }
  void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override {
    stderr_.set_formatter(std::move(formatter));
  }

  uint64_t written() const { return written_; }

 private:
  spdlog::sinks::stderr_sink_mt stderr_;
  std::atomic<uint64_t> written_ = 0;
};

Log::Log(const LogOptions& options)
    : format_(options.format),
      level_(options.level),
      good_calls_(options.calls_per_second),
      failed_calls_(options.calls_per_second),
      sink_(std::make_shared<CountingSink>()),
      thread_(std::make_shared<spdlog::details::thread_pool>(kMaxLines, 1)),
      logger_(std::make_shared<spdlog::async_logger>(
          "springboard_server", sink_, thread_, spdlog::async_overflow_policy::overrun_oldest)) {
  logger_->set_pattern("%v");
  // Nobody reads stderr: there is no place to say so.
  logger_->set_error_handler([](const std::string& /*message*/) {});
}

Log::~Log() = default;

void Log::Info(absl::string_view message, Fields fields) {
  Write(LogLevel::kInfo, message, fields);
}

void Log::Warning(absl::string_view message, Fields fields) {
  Write(LogLevel::kWarning, message, fields);
}

void Log::Error(absl::string_view message, Fields fields) {
  Write(LogLevel::kError, message, fields);
}

void Log::Write(LogLevel level, absl::string_view message, Fields fields) {
  if (!IsLogged(level)) return;
  Line line(format_, level, message);
  for (const auto& [key, value] : fields) line.Add(key, value);
  Write(line);
}

void Log::Write(const Line& line) {
  ++lines_;
  logger_->info(spdlog::string_view_t(line.Text()));
}

void Log::OnCall(const CallRecord& call) {
  const absl::Status& status = *call.status;
  const LogLevel level = IsOurFault(status.code()) ? LogLevel::kError : LogLevel::kInfo;
  if (!IsLogged(level)) return;
  LineSampler& sampler = status.ok() ? good_calls_ : failed_calls_;
  const std::optional<uint64_t> left_out = sampler.Take(absl::Now());
  if (!left_out.has_value()) return;
  Line line(format_, level, "call");
  line.Add("request_id", call.request_id.empty() ? MakeRequestId() : std::string(call.request_id));
  line.Add("method", call.path);
  line.Add("code", absl::StatusCodeToString(status.code()));
  line.Add("duration_us", static_cast<uint64_t>(absl::ToInt64Microseconds(call.duration)));
  line.Add("items", call.work->items);
  if (call.work->targets.any()) line.Add("targets", TargetNames(*call.work));
  line.Add("request_bytes", call.request_bytes);
  line.Add("response_bytes", call.response_bytes);
  if (call.peer) line.Add("peer", call.peer());
  if (!status.ok()) {
    const std::optional<ErrorDetails> details = GetErrorDetails(status);
    if (details.has_value()) line.Add("reason", details->reason);
    line.Add("error", status.message());
  }
  if (*left_out > 0) line.Add("left_out", *left_out);
  Write(line);
}

void Log::Reload(const LogOptions& options) {
  level_ = options.level;
  good_calls_.set_per_second(options.calls_per_second);
  failed_calls_.set_per_second(options.calls_per_second);
}

uint64_t Log::dropped() const { return thread_->overrun_counter(); }

void Log::Flush(absl::Duration timeout) const {
  constexpr absl::Duration kPause = absl::Milliseconds(1);
  const absl::Time end = absl::Now() + timeout;
  while (sink_->written() + dropped() < lines_ && absl::Now() < end) absl::SleepFor(kPause);
}

}  // namespace springboard
