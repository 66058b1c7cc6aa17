// Links from many threads while the server is killed, stopped, starved and started again:
// tools/client-chaos.

#include <signal.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/client.h"
#include "client/log.h"
#include "client/source/in_process_source.h"
#include "client/source/remote_source.h"
#include "tests/support/subprocess.h"
#include "tests/support/unique_name.h"

namespace springboard {
namespace {

constexpr int kThreads = 32;
constexpr absl::Duration kPeriod = absl::Seconds(2);
constexpr absl::Duration kLimit = absl::Seconds(1);
constexpr int kExitWrong = 1;
constexpr int kExitUsage = 2;

uint16_t Increment(uint16_t value) { return static_cast<uint16_t>(value + 1); }

// What the threads saw.
class Tally {
 public:
  void Add(bool is_linked, bool is_right, absl::Duration latency, const absl::Status& status) {
    absl::MutexLock lock(&mutex_);
    ++links_;
    failed_ += is_linked ? 0 : 1;
    wrong_ += is_linked && !is_right ? 1 : 0;
    late_ += latency > kLimit ? 1 : 0;
    longest_ = std::max(longest_, latency);
    if (!is_linked) last_failure_ = status.ToString();
  }

  // True if all went well.
  bool Print(const SourceCounts& counts, int disturbances) {
    absl::MutexLock lock(&mutex_);
    for (const SourceCounts::Origin& origin : counts.origins) {
      std::cout << absl::StreamFormat("%-12s %9d trampolines, %7d errors\n", origin.name,
                                      origin.trampolines, origin.errors);
    }
    std::cout << absl::StreamFormat(
        "%d fallbacks, %d circuit openings, %d rejected, %d disturbances; the last error: %s\n",
        counts.fallbacks, counts.circuit_openings, counts.rejected, disturbances,
        counts.last_error.ToString());
    if (failed_ > 0) std::cout << "the last failure: " << last_failure_ << "\n";
    const bool has_both = counts.origins.size() == 2 && counts.origins[0].trampolines > 0 &&
                          counts.origins[1].trampolines > 0;
    if (!has_both) std::cout << "not both the server and the fallback gave trampolines\n";
    std::cout << absl::StreamFormat(
        "%d links, %d wrong, %d failed, %d took over 1 s; the longest %d ms\n", links_, wrong_,
        failed_, late_, absl::ToInt64Milliseconds(longest_));
    return links_ > 0 && wrong_ == 0 && failed_ == 0 && late_ == 0 && has_both;
  }

 private:
  absl::Mutex mutex_;
  uint64_t links_ = 0;
  uint64_t wrong_ = 0;
  uint64_t failed_ = 0;
  uint64_t late_ = 0;
  absl::Duration longest_ = absl::ZeroDuration();
  std::string last_failure_;
};

// u16(u16,...): the callee looks at the first alone.
Signature RandomSignature(std::mt19937& random) {
  constexpr const char* kTypes[] = {"u8", "i16", "u32", "i64", "f64"};
  std::string text = "u16(u16";
  for (auto left = random() % 12; left > 0; --left) {
    absl::StrAppend(&text, ",", kTypes[random() % std::size(kTypes)]);
  }
  return *Signature::Parse(text + ")");
}

void LinkUntil(const std::atomic<bool>& is_over, uint32_t seed, Client& client, Tally& tally) {
  std::mt19937 random(seed);
  while (!is_over) {
    const Signature signature = RandomSignature(random);
    const absl::Time start = absl::Now();
    const absl::StatusOr<BoundTrampoline> bound =
        client.Link(signature, reinterpret_cast<const void*>(&Increment));
    const absl::Duration latency = absl::Now() - start;
    const bool is_right =
        bound.ok() && bound->As<uint32_t(void*, uint32_t)>()(nullptr, 0xABCD0007) == 8;
    tally.Add(bound.ok(), is_right, latency, bound.status());
    absl::SleepFor(absl::Milliseconds(2));
  }
}

// A server that comes and goes.
class Victim {
 public:
  Victim(std::string program, const std::string& socket)
      : program_(std::move(program)), listen_("--listen=unix:" + socket) {
    Start({});
  }

  // Each time in another way.
  void Disturb() {
    switch (count_++ % 4) {
      case 0:
        std::cout << "killed, started after 300 ms" << std::endl;
        server_.reset();
        absl::SleepFor(absl::Milliseconds(300));
        Start({});
        break;
      case 1:
        std::cout << "stopped for 900 ms" << std::endl;
        kill(server_->pid(), SIGSTOP);
        absl::SleepFor(absl::Milliseconds(900));
        kill(server_->pid(), SIGCONT);
        break;
      case 2:
        std::cout << "started with 12 descriptors" << std::endl;
        server_.reset();
        Start({"/usr/bin/prlimit", "--nofile=12"});
        break;
      case 3:
        std::cout << "ended by SIGTERM, started at once" << std::endl;
        if (server_->pid() > 0) {
          kill(server_->pid(), SIGTERM);
          server_->Wait();
        }
        server_.reset();
        Start({});
        break;
    }
  }

  int count() const { return count_; }
  // It may be unable to answer, until it is disturbed again.
  bool is_starved() const { return count_ % 4 == 3; }

 private:
  // Does not wait until it listens.
  void Start(std::vector<std::string> command) {
    command.push_back(program_);
    command.push_back(listen_);
    server_ = std::make_unique<RunningProgram>(command);
  }

  const std::string program_;
  const std::string listen_;
  std::unique_ptr<RunningProgram> server_;
  int count_ = 0;
};

uint64_t CountFromServer(const SourceCounts& counts) {
  for (const SourceCounts::Origin& origin : counts.origins) {
    if (origin.name == "server") return origin.trampolines;
  }
  return 0;
}

int Run(int seconds, const std::string& program) {
  // The client's warnings would be many.
  SetClientLogSink([](absl::string_view /*line*/) {});
  // Short, as a socket's path must be.
  const std::string socket = absl::StrCat("/tmp/", UniqueName());
  const absl::Cleanup remove_socket = [&] {
    std::remove(socket.c_str());
    std::remove((socket + ".lock").c_str());
  };
  ClientOptions options;
  options.server = std::make_shared<RemoteSource>("unix:" + socket);
  options.in_process = std::make_shared<InProcessSource>();
  options.cache_bytes = 0;
  const absl::StatusOr<std::unique_ptr<Client>> client = Client::Create(std::move(options));
  if (!client.ok()) {
    std::cerr << client.status() << "\n";
    return kExitWrong;
  }
  Victim victim(program, socket);
  Tally tally;
  std::atomic<bool> is_over = false;
  std::vector<std::thread> threads;
  for (uint32_t seed = 0; seed < kThreads; ++seed) {
    threads.emplace_back([&, seed] { LinkUntil(is_over, seed, **client, tally); });
  }
  const absl::Time end = absl::Now() + absl::Seconds(seconds);
  uint64_t from_server = 0;
  int periods_unused = 0;
  for (bool is_last = false; !is_last;) {
    is_last = absl::Now() + kPeriod >= end;
    absl::SleepFor(is_last ? end - absl::Now() : kPeriod);
    const uint64_t now_from_server = CountFromServer((*client)->Stats());
    // Disturbances leave the server half of a period at least.
    if (now_from_server == from_server && !victim.is_starved()) ++periods_unused;
    from_server = now_from_server;
    if (!is_last) victim.Disturb();
  }
  is_over = true;
  for (std::thread& thread : threads) thread.join();
  if (periods_unused > 0) {
    std::cout << "in " << periods_unused << " periods the server was back and not used\n";
  }
  const bool is_good = tally.Print((*client)->Stats(), victim.count());
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
