#include "client/log.h"

#include <cstdio>
#include <string>
#include <utility>

#include "absl/base/const_init.h"
#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

void WriteToStderr(absl::string_view line) {
  const std::string text = absl::StrCat("springboard: ", line, "\n");
  std::fwrite(text.data(), 1, text.size(), stderr);
}

absl::Mutex mutex(absl::kConstInit);

// Never destroyed: other objects' destructors may log.
LogSink& Sink() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
  static auto* const sink = new LogSink(&WriteToStderr);
  return *sink;
}

}  // namespace

void SetClientLogSink(LogSink sink) {
  const absl::MutexLock lock(&mutex);
  Sink() = sink ? std::move(sink) : LogSink(&WriteToStderr);
}

void LogWarning(absl::string_view line) {
  LogSink sink;
  {
    const absl::MutexLock lock(&mutex);
    sink = Sink();
  }
  // A peer may have had a say in it.
  sink(Shown(line));
}

}  // namespace springboard
