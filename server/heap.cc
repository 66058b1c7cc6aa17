#include "server/heap.h"

#include <malloc.h>

#include <thread>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace springboard {

void SetUpHeap() {
  constexpr int kLargeBytes = 128 << 10;
  constexpr int kHeaps = 2;
  mallopt(M_MMAP_THRESHOLD, kLargeBytes);
  mallopt(M_TRIM_THRESHOLD, kLargeBytes);
  mallopt(M_ARENA_MAX, kHeaps);
}

void StartTrimmingHeap() {
  // A trim holds each heap's lock for as long as it looks at it: milliseconds.
  constexpr absl::Duration kInterval = absl::Seconds(5);
  std::thread([=] {
    while (true) {
      absl::SleepFor(kInterval);
      malloc_trim(0);
    }
  }).detach();
}

}  // namespace springboard
