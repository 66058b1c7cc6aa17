#ifndef SPRINGBOARD_SERVER_SETTINGS_H_
#define SPRINGBOARD_SERVER_SETTINGS_H_

#include <CLI/App.hpp>
#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "server/log.h"
#include "server/privileges.h"
#include "server/server.h"
#include "server/system_call_filter.h"

namespace springboard {

// The sanitizers make system calls of their own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr SystemCallFilter kDefaultFilter = SystemCallFilter::kOff;
#else
inline constexpr SystemCallFilter kDefaultFilter = SystemCallFilter::kKill;
#endif

// All that can be set of the server's program.
struct Settings {
  ServerOptions server;
  Identity identity;
  SystemCallFilter filter = kDefaultFilter;
  uint64_t max_resident_bytes = 512 << 20;  // 0 for any amount.
  uint32_t drain_delay_ms = 0;
  uint32_t drain_timeout_ms = 30000;
  std::string http_listen;  // host:port; empty for no HTTP.
  bool has_channelz = true;
  LogOptions log;
};

// Adds a flag for each to `app`, which must not outlive `settings`.
void AddSettings(CLI::App& app, Settings& settings);

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_SETTINGS_H_
