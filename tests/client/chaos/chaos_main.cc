// Links from many threads while the server is killed, stopped, starved and started again:
// tools/client-chaos.

#include <CLI/CLI.hpp>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/client.h"
#include "client/log.h"
#include "client/source/in_process_source.h"
#include "client/source/remote_source.h"
#include "tests/client/chaos/linking_threads.h"
#include "tests/client/chaos/server_victim.h"

namespace springboard {
namespace {

constexpr absl::Duration kPeriod = absl::Seconds(2);
constexpr int kExitWrong = 1;
constexpr int kExitUsage = 2;

// True if all went well.
bool Print(const LinkTally& tally, const SourceCounts& counts, int disturbances) {
  for (const SourceCounts::Origin& origin : counts.origins) {
    std::cout << absl::StreamFormat("%-12s %9d trampolines, %7d errors\n", origin.name,
                                    origin.trampolines, origin.errors);
  }
  std::cout << absl::StreamFormat(
      "%d fallbacks, %d circuit openings, %d rejected, %d disturbances; the last error: %s\n",
      counts.fallbacks, counts.circuit_openings, counts.rejected, disturbances,
      counts.last_error.ToString());
  if (tally.failed > 0) std::cout << "the last failure: " << tally.last_failure << "\n";
  const bool has_both =
      TrampolinesFrom(counts, "server") > 0 && TrampolinesFrom(counts, "in process") > 0;
  if (!has_both) std::cout << "not both the server and the fallback gave trampolines\n";
  std::cout << absl::StreamFormat(
      "%d links, %d wrong, %d failed, %d took over 1 s; the longest %d ms\n", tally.links,
      tally.wrong, tally.failed, tally.late, absl::ToInt64Milliseconds(tally.longest));
  return tally.links > 0 && tally.wrong == 0 && tally.failed == 0 && tally.late == 0 && has_both;
}

// Does something to a server, each time something else.
class Disturber {
 public:
  explicit Disturber(ServerVictim& server) : server_(server) {}

  void Disturb() {
    switch (count_++ % 4) {
      case 0:
        std::cout << "killed, started after 300 ms" << std::endl;
        server_.Kill();
        absl::SleepFor(absl::Milliseconds(300));
        server_.Start();
        break;
      case 1:
        std::cout << "stopped for 900 ms" << std::endl;
        server_.Stop();
        absl::SleepFor(absl::Milliseconds(900));
        server_.Continue();
        break;
      case 2:
        std::cout << "started with 14 descriptors" << std::endl;
        server_.Kill();
        server_.Start({"/usr/bin/prlimit", "--nofile=14"});
        break;
      case 3:
        std::cout << "ended by SIGTERM, started at once" << std::endl;
        server_.Terminate();
        server_.Start();
        break;
    }
  }

  int count() const { return count_; }
  // The server may be unable to answer, until it is disturbed again.
  bool is_starved() const { return count_ % 4 == 3; }

 private:
  ServerVictim& server_;
  int count_ = 0;
};

int Run(int seconds, const std::string& program) {
  // The client's warnings would be many.
  SetClientLogSink([](absl::string_view /*line*/) {});
  ServerVictim server(program);
  ClientOptions options;
  options.server = std::make_shared<RemoteSource>(server.address());
  options.in_process = std::make_shared<InProcessSource>();
  options.cache_bytes = 0;
  const absl::StatusOr<std::unique_ptr<Client>> client = Client::Create(std::move(options));
  if (!client.ok()) {
    std::cerr << client.status() << "\n";
    return kExitWrong;
  }
  Disturber disturber(server);
  LinkingThreads threads(**client);
  const absl::Time end = absl::Now() + absl::Seconds(seconds);
  uint64_t from_server = 0;
  int periods_unused = 0;
  for (bool is_last = false; !is_last;) {
    is_last = absl::Now() + kPeriod >= end;
    absl::SleepFor(is_last ? end - absl::Now() : kPeriod);
    const uint64_t now_from_server = TrampolinesFrom((*client)->Stats(), "server");
    // Disturbances leave the server all of a period.
    if (now_from_server == from_server && !is_last && !disturber.is_starved()) ++periods_unused;
    from_server = now_from_server;
    if (!is_last) disturber.Disturb();
  }
  const LinkTally tally = threads.Stop();
  if (periods_unused > 0) {
    std::cout << "in " << periods_unused << " periods the server was back and not used\n";
  }
  const bool is_good = Print(tally, (*client)->Stats(), disturber.count());
  return is_good && periods_unused == 0 ? 0 : kExitWrong;
}

int Main(int argc, char** argv) {
  CLI::App program(
      "Links from 32 threads, through a client with a fallback, while its server is killed,\n"
      "stopped, short of descriptors and started again, something every 2 s. Every link must be\n"
      "right, and take no more than a second.",
      "client-chaos");
  program.footer("Exit codes: 0 all were, 1 one was not, 2 wrong usage.");
  int seconds = 600;
  std::string server = "server/springboard_server";
  program.add_option("--seconds", seconds, "How long")
      ->check(CLI::Range(5, 24 * 3600))
      ->capture_default_str();
  program.add_option("--server", server, "The server's program")
      ->check(CLI::ExistingFile)
      ->capture_default_str();
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : kExitUsage;
  }
  return Run(seconds, server);
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) { return springboard::Main(argc, argv); }
