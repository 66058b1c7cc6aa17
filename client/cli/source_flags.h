#ifndef SPRINGBOARD_CLIENT_CLI_SOURCE_FLAGS_H_
#define SPRINGBOARD_CLIENT_CLI_SOURCE_FLAGS_H_

#include <CLI/App.hpp>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/source/remote_source.h"
#include "client/source/trampoline_source.h"

namespace springboard {

// Where a command gets its trampolines from: the flags --server, --tls-... and
// --deadline-ms.
class SourceFlags {
 public:
  // Adds the flags to `command`, which must not outlive this.
  void AddTo(CLI::App& command);

  // The server that was named, or this process. Errors: those of RemoteSource::Create().
  absl::StatusOr<std::shared_ptr<TrampolineSource>> MakeSource() const;

  // As it was given; empty for this process.
  const std::string& server() const { return server_; }

  // How long one call may take.
  absl::Duration deadline() const { return absl::Milliseconds(deadline_ms_); }

  // For a call that starts now.
  absl::Time Deadline() const { return absl::Now() + deadline(); }

 private:
  std::string server_;
  ClientSecurity security_;
  uint32_t deadline_ms_ = 10000;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_CLI_SOURCE_FLAGS_H_
