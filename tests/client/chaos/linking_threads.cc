#include "tests/client/chaos/linking_threads.h"

#include <algorithm>
#include <iterator>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace springboard {
namespace {

uint16_t Increment(uint16_t value) { return static_cast<uint16_t>(value + 1); }

// u16(u16,...): the callee looks at the first alone.
Signature RandomSignature(std::mt19937& random) {
  constexpr const char* kTypes[] = {"u8", "i16", "u32", "i64", "f64"};
  std::string text = "u16(u16";
  for (auto left = random() % 12; left > 0; --left) {
    absl::StrAppend(&text, ",", kTypes[random() % std::size(kTypes)]);
  }
  return *Signature::Parse(text + ")");
}

}  // namespace

LinkingThreads::LinkingThreads(Client& client, uint32_t threads) : client_(client) {
  for (uint32_t seed = 0; seed < threads; ++seed) {
    threads_.emplace_back([this, seed] { Link(seed); });
  }
}

LinkingThreads::~LinkingThreads() { Stop(); }

void LinkingThreads::Link(uint32_t seed) {
  std::mt19937 random(seed);
  while (!is_over_) {
    const Signature signature = RandomSignature(random);
    const absl::Time start = absl::Now();
    const absl::StatusOr<BoundTrampoline> bound =
        client_.Link(signature, reinterpret_cast<const void*>(&Increment));
    const absl::Duration latency = absl::Now() - start;
    const bool is_right =
        bound.ok() && bound->As<uint32_t(void*, uint32_t)>()(nullptr, 0xABCD0007) == 8;
    {
      absl::MutexLock lock(&mutex_);
      ++tally_.links;
      tally_.failed += bound.ok() ? 0 : 1;
      tally_.wrong += bound.ok() && !is_right ? 1 : 0;
      tally_.late += latency > kLateLink ? 1 : 0;
      tally_.longest = std::max(tally_.longest, latency);
      if (!bound.ok()) tally_.last_failure = bound.status().ToString();
    }
    absl::SleepFor(absl::Milliseconds(2));
  }
}

LinkTally LinkingThreads::tally() const {
  absl::MutexLock lock(&mutex_);
  return tally_;
}

LinkTally LinkingThreads::Stop() {
  is_over_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  return tally();
}

uint64_t TrampolinesFrom(const SourceCounts& counts, const std::string& origin) {
  for (const SourceCounts::Origin& one : counts.origins) {
    if (one.name == origin) return one.trampolines;
  }
  return 0;
}

}  // namespace springboard
