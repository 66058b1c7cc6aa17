#ifndef SPRINGBOARD_CLIENT_LOG_H_
#define SPRINGBOARD_CLIENT_LOG_H_

#include <functional>

#include "absl/strings/string_view.h"

namespace springboard {

// Takes one line of the client's log, without a newline; called from any thread.
using LogSink = std::function<void(absl::string_view line)>;

// Where the client's few warnings go; stderr until this is called, and again if `sink` is empty. An
// embedder passes them on to its own log. Thread-safe.
void SetClientLogSink(LogSink sink);

// For the client's own use.
void LogWarning(absl::string_view line);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_LOG_H_
