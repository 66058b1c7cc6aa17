#include "client/mapping/fork_barrier.h"

#include <pthread.h>

#include <new>

namespace springboard {
namespace {

std::shared_mutex& Barrier() {
  static auto* const barrier = new std::shared_mutex;
  return *barrier;
}

// A child has one thread, and nobody in it holds the lock that its parent's thread took; it cannot
// be unlocked there either, since that thread has another id now.
void Renew() { new (&Barrier()) std::shared_mutex; }

}  // namespace

NoFork ForbidFork() {
  static const int registered =
      pthread_atfork([] { Barrier().lock(); }, [] { Barrier().unlock(); }, &Renew);
  static_cast<void>(registered);
  return NoFork(Barrier());
}

}  // namespace springboard
