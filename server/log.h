#ifndef SPRINGBOARD_SERVER_LOG_H_
#define SPRINGBOARD_SERVER_LOG_H_

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/call_observer.h"
#include "server/line_sampler.h"

namespace spdlog {
class logger;
namespace details {
class thread_pool;
}  // namespace details
}  // namespace spdlog

namespace springboard {

enum class LogFormat : uint8_t { kText, kJson };
enum class LogLevel : uint8_t { kInfo, kWarning, kError };

// "info", "warning" or "error".
std::optional<LogLevel> FindLogLevel(absl::string_view name);

struct LogOptions {
  LogFormat format = LogFormat::kText;
  LogLevel level = LogLevel::kInfo;
  uint32_t calls_per_second = 100;  // And as many again for calls that failed.
};

// What an operator reads, on stderr: a line for each event, text ("TIME LEVEL MESSAGE
// key=value...") or a JSON object. A thread of its own writes, and nobody waits for it: when 8192
// lines wait, the oldest are dropped. Thread-safe.
class Log final : public CallObserver {
 public:
  using Fields = std::initializer_list<std::pair<absl::string_view, absl::string_view>>;

  explicit Log(const LogOptions& options);
  ~Log() override;

  void Info(absl::string_view message, Fields fields = {});
  void Warning(absl::string_view message, Fields fields = {});
  void Error(absl::string_view message, Fields fields = {});

  // A line at info; at error if the server itself is at fault.
  void OnCall(const CallRecord& call) override;

  // Level and calls_per_second from now on; the format stays.
  void Reload(const LogOptions& options);

  // Lines so far that were not written, since stderr was not read.
  uint64_t dropped() const;

  // Returns when all that has been logged is written, or after `timeout`.
  void Flush(absl::Duration timeout) const;

 private:
  class Line;
  class CountingSink;

  bool IsLogged(LogLevel level) const { return level >= level_; }
  void Write(LogLevel level, absl::string_view message, Fields fields);
  void Write(const Line& line);

  const LogFormat format_;
  std::atomic<LogLevel> level_;
  LineSampler good_calls_;
  LineSampler failed_calls_;
  std::atomic<uint64_t> lines_ = 0;
  const std::shared_ptr<CountingSink> sink_;
  const std::shared_ptr<spdlog::details::thread_pool> thread_;
  const std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_LOG_H_
