// Attacks a server that it starts, with what is known to harm servers of this kind: tools/attack.

#include <signal.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "client/client.h"
#include "client/log.h"
#include "client/source/in_process_source.h"
#include "client/source/remote_source.h"
#include "tests/attack/attacks.h"
#include "tests/attack/supervised_server.h"
#include "tests/client/chaos/linking_threads.h"
#include "tests/support/files.h"
#include "tests/support/free_port.h"
#include "tests/support/haproxy.h"
#include "tests/support/peak_memory.h"
#include "tests/support/subprocess.h"
#include "tests/support/unique_name.h"

namespace springboard {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

// How soon the server serves again, whatever was done to it.
constexpr absl::Duration kBackWithin = absl::Seconds(1);
// Of the server, in MB: more than its limit by what comes in before it is noticed.
constexpr int64_t kMaxPeak = 512 + 128;

struct Options {
  double seconds = 64;
  std::string server = "server/springboard_server";
  std::string through = "none";
  std::string only;
};

bool Answers(const std::string& address, absl::Duration within) {
  RemoteSource source(address);
  return source.Compile({*Signature::Parse("u8(u8)"), Target::kX64SystemV}, absl::Now() + within)
      .ok();
}

// How long until the server answers a new client; more than kBackWithin if it does not.
absl::Duration TimeToAnswer(const std::string& address) {
  const absl::Time start = absl::Now();
  while (absl::Now() < start + 2 * kBackWithin) {
    if (Answers(address, absl::Milliseconds(300))) break;
    absl::SleepFor(absl::Milliseconds(10));
  }
  return absl::Now() - start;
}

// Asks as a new client every 100 ms, and looks at what memory the server takes.
class Prober {
 public:
  Prober(std::string address, const SupervisedServer& server)
      : address_(std::move(address)), server_(server), thread_([this] { Probe(); }) {}
  ~Prober() {
    if (thread_.joinable()) Stop();
  }
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

  void Stop() {
    is_over_ = true;
    thread_.join();
  }
  int asked() const { return asked_; }
  int answered() const { return answered_; }
  // In MB, of any process of the server's.
  int64_t peak() const { return peak_; }

 private:
  void Probe() {
    while (!is_over_) {
      ++asked_;
      if (Answers(address_, absl::Seconds(1))) ++answered_;
      peak_ = std::max<int64_t>(peak_, PeakMegabytes(server_.state().pid));
      absl::SleepFor(absl::Milliseconds(100));
    }
  }

  const std::string address_;
  const SupervisedServer& server_;
  std::atomic<bool> is_over_ = false;
  std::atomic<int64_t> peak_ = 0;
  std::atomic<int> asked_ = 0;
  std::atomic<int> answered_ = 0;
  std::thread thread_;
};

struct Totals {
  int attacks = 0;
  int survived = 0;
  int restarted = 0;
  int failed = 0;
};

// What the attack did; empty if nothing is wrong.
std::string WhatFailed(const LinkTally& before, const LinkTally& after, absl::Duration back,
                       absl::Duration gap, int64_t peak) {
  if (back > kBackWithin) return "it did not serve within a second";
  if (gap > kBackWithin) return "it was not back within a second";
  if (peak > kMaxPeak) return "it took too much memory";
  if (after.wrong > before.wrong) return "a client linked wrong code";
  if (after.failed > before.failed) return "a client's fallback failed: " + after.last_failure;
  return "";
}

// Of a server, and proxy, of its own, so that none pays for what another one did. True if it did
// not fail.
bool RunAttack(const Attack& attack, const AttackedServer& addresses, absl::Duration time,
               const std::vector<std::string>& command, const std::vector<std::string>& proxy,
               const LinkingThreads& clients, Totals& totals) {
  const SupervisedServer server(command);
  const auto proxy_program = proxy.empty() ? nullptr : std::make_unique<RunningProgram>(proxy);
  const absl::Duration start = TimeToAnswer(addresses.plain);
  const SupervisedServer::State before = server.state();
  const LinkTally links_before = clients.tally();
  Prober prober(addresses.plain, server);
  const int connections = attack.run(addresses, absl::Now() + time);
  prober.Stop();
  const int64_t peak = std::max(prober.peak(), PeakMegabytes(server.state().pid));
  const absl::Duration back = TimeToAnswer(addresses.plain);
  const SupervisedServer::State after = server.state();
  const int restarts = after.restarts - before.restarts;
  const std::string failure =
      WhatFailed(links_before, clients.tally(), std::max(back, start),
                 restarts > 0 ? after.longest_gap : absl::ZeroDuration(), peak);
  std::string outcome = "survived";
  if (!failure.empty()) {
    outcome = "FAILED: " + failure;
  } else if (restarts > 0) {
    ++totals.restarted;
    outcome = absl::StrFormat("restarted %d times (exit %d), at most %d ms away", restarts,
                              after.last_exit, absl::ToInt64Milliseconds(after.longest_gap));
  } else {
    ++totals.survived;
  }
  std::cout << absl::StreamFormat("%-40s %6d connections %5d MB  %3d of %3d others served  %s\n",
                                  attack.name, connections, peak, prober.answered(), prober.asked(),
                                  outcome)
            << std::flush;
  return failure.empty();
}

int Run(const Options& options) {
  SetClientLogSink([](absl::string_view /*line*/) {});
  // Of this program's own clients, which see much that they do not like.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/1);
  signal(SIGPIPE, SIG_IGN);
  const TemporaryFolder folder;
  const std::string name = absl::StrCat("/tmp/", UniqueName());
  AttackedServer direct = {absl::StrCat("unix:", name, "-s"),
                           absl::StrCat("127.0.0.1:", FreePort())};
  if (!MakeCertificate(folder)) {
    std::cerr << "attack: openssl cannot make a certificate\n";
    return kExitFailed;
  }
  AttackedServer attacked = direct;
  std::vector<std::string> command = {"/usr/bin/env", "GRPC_VERBOSITY=NONE", options.server,
                                      "--listen=" + direct.plain};
  std::vector<std::string> proxy;
  if (options.through == "haproxy") {
    attacked = {absl::StrCat("127.0.0.1:", FreePort()), absl::StrCat("127.0.0.1:", FreePort())};
    // The server has no other address: only the proxy speaks to it.
    proxy = HaproxyCommand(folder, {attacked.plain, attacked.tls},
                           {{absl::StrCat("unix@", absl::StripPrefix(direct.plain, "unix:"))}});
    if (proxy.empty()) {
      std::cerr << "attack: deploy/haproxy/haproxy.cfg is not what it was\n";
      return kExitFailed;
    }
  } else {
    command.push_back("--listen=" + direct.tls);
    command.push_back("--tls_certificate=" + folder.File("server.pem"));
  }
  ClientOptions client_options;
  client_options.server = std::make_shared<RemoteSource>(attacked.plain);
  client_options.in_process = std::make_shared<InProcessSource>();
  client_options.cache_bytes = 0;
  const absl::StatusOr<std::unique_ptr<Client>> client = Client::Create(std::move(client_options));
  if (!client.ok()) {
    std::cerr << "attack: " << client.status() << "\n";
    return kExitFailed;
  }
  std::vector<Attack> attacks;
  for (const Attack& attack : AllAttacks()) {
    if (absl::StrContains(attack.name, options.only)) attacks.push_back(attack);
  }
  if (attacks.empty()) {
    std::cerr << "attack: no attack has \"" << options.only << "\" in its name\n";
    return kExitUsage;
  }
  const absl::Duration time = absl::Seconds(options.seconds) / static_cast<double>(attacks.size());
  Totals totals;
  LinkingThreads clients(**client, /*threads=*/2);
  for (const Attack& attack : attacks) {
    const auto survives = [&] {
      return RunAttack(attack, attacked, time, command, proxy, clients, totals);
    };
    ++totals.attacks;
    // A second is short where other programs have the machine: then it is not so twice.
    if (!survives() && !survives()) ++totals.failed;
  }
  const LinkTally links = clients.Stop();
  std::cout << absl::StreamFormat(
      "clients with a fallback meanwhile: %d links, %d wrong, %d failed\n", links.links,
      links.wrong, links.failed);
  std::cout << absl::StreamFormat("%d attacks, %d survived, %d restarted, %d failed\n",
                                  totals.attacks, totals.survived, totals.restarted, totals.failed);
  for (const char* const suffix : {"-s", "-s.lock"}) std::remove((name + suffix).c_str());
  return totals.failed == 0 ? 0 : kExitFailed;
}

int Main(int argc, char** argv) {
  CLI::App program(
      "Attacks a server that it starts and supervises, with one kind of hostile input after the\n"
      "other, while clients with a fallback link through it. Each attack is survived, or the\n"
      "server is restarted and serves again within a second. What does not go so is tried once\n"
      "more, since another program may have had the machine; if that does not either, the attack\n"
      "has failed.",
      "attack");
  program.footer("Exit codes: 0 no attack failed, 1 one did, 2 wrong usage.");
  Options options;
  program.add_option("--seconds", options.seconds, "How long, all attacks together")
      ->check(CLI::Range(1.0, 86400.0))
      ->capture_default_str();
  program.add_option("--server", options.server, "The server's program")
      ->check(CLI::ExistingFile)
      ->capture_default_str();
  program
      .add_option("--through", options.through,
                  "What stands before the server: none, or HAProxy as docs/security.md has it")
      ->check(CLI::IsMember({"none", "haproxy"}))
      ->capture_default_str();
  program.add_option("--only", options.only, "Attacks with this in their names")->type_name("TEXT");
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : kExitUsage;
  }
  return Run(options);
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) { return springboard::Main(argc, argv); }
