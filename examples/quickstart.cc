// Calls libm's pow as V8 would, through a trampoline from a server: quickstart ADDRESS.
#include <cmath>
#include <iostream>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/arena/code_arena.h"
#include "client/host_target.h"
#include "client/remote/remote_source.h"

namespace sb = springboard;

int main(int argc, char** argv) {
  if (argc != 2 || !sb::HostTarget().has_value()) return 2;

  // One source for all trampolines; InProcessSource compiles without a server.
  sb::RemoteSource server(argv[1]);
  const absl::StatusOr<sb::Signature> signature = sb::Signature::Parse("f64(f64,f64)");
  if (!signature.ok()) return 1;
  const absl::StatusOr<sb::Trampoline> trampoline =
      server.Compile({*signature, *sb::HostTarget()}, absl::Now() + absl::Seconds(5));
  if (!trampoline.ok()) {
    std::cerr << trampoline.status() << "\n";
    return 1;
  }

  // One arena for all code, in the best way of mapping it that this process has.
  absl::StatusOr<sb::CodeArena> arena = sb::CodeArena::Create();
  if (!arena.ok()) {
    std::cerr << arena.status() << "\n";
    return 1;
  }

  // Proven to be that trampoline, relocated and mapped, never writable and executable at once.
  double (*const callee)(double, double) = &std::pow;
  const absl::StatusOr<sb::BoundTrampoline> pow =
      arena->Link(*signature, *trampoline, reinterpret_cast<const void*>(callee));
  if (!pow.ok()) {
    std::cerr << pow.status() << "\n";
    return 1;
  }

  // pow->entry() is what v8::CFunction takes. Here we are V8: the receiver comes first.
  void* const receiver = nullptr;
  std::cout << pow->As<double(void*, double, double)>()(receiver, 2, 10) << "\n";
}
