#include "client/cli/source_flags.h"

#include <CLI/CLI.hpp>

#include "client/source/in_process_source.h"
#include "client/source/remote_source.h"
#include "client/source/server_address.h"

namespace springboard {

void SourceFlags::AddTo(CLI::App& command) {
  command
      .add_option("--server", server_,
                  "Compile through this server (unix:/path, unix-abstract:name or host:port); "
                  "without it, in this process")
      ->type_name("ADDRESS")
      ->check([](const std::string& address) {
        return std::string(CheckServerAddress(address).message());
      });
  command.add_option("--deadline-ms", deadline_ms_, "How long one request to the server may take")
      ->check(CLI::Range(uint32_t{0}, uint32_t{3600000}))
      ->capture_default_str();
}

std::unique_ptr<TrampolineSource> SourceFlags::MakeSource() const {
  if (server_.empty()) return std::make_unique<InProcessSource>();
  return std::make_unique<RemoteSource>(server_);
}

}  // namespace springboard
