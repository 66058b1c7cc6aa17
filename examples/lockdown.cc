// A process that locks itself down, and links before and after: lockdown.
#include <sys/prctl.h>

#include <cmath>
#include <iostream>

#include "client/arena/code_arena.h"
#include "client/host_target.h"
#include "compiler/compile.h"

namespace sb = springboard;

// Nothing that is not executable may become so from now on (Linux 6.3 and later).
bool ForbidNewCode() {
  constexpr int kSetMdwe = 65;  // PR_SET_MDWE
  constexpr unsigned long kRefuseExecGain = 1;
  return prctl(kSetMdwe, kRefuseExecGain, 0, 0, 0) == 0;
}

int main() {
  if (!sb::HostTarget().has_value()) return 2;

  // Before: everything that later needs the system's permission to map code.
  sb::CodeArenaOptions options;
  options.way = sb::MappingWay::kDual;
  options.reserve_bytes = 64 << 10;
  absl::StatusOr<sb::CodeArena> arena = sb::CodeArena::Create(options);
  if (!arena.ok()) {
    std::cerr << arena.status() << "\n";
    return 1;
  }

  if (!ForbidNewCode()) std::cerr << "this kernel knows no PR_SET_MDWE\n";

  // After: trampolines from wherever they come; here from this process.
  const sb::Signature signature = *sb::Signature::Parse("f64(f64,f64)");
  const absl::StatusOr<sb::Trampoline> trampoline = sb::Compile({signature, *sb::HostTarget()});
  double (*const callee)(double, double) = &std::pow;
  absl::StatusOr<sb::BoundTrampoline> bound =
      arena->Link(signature, *trampoline, reinterpret_cast<const void*>(callee));
  if (!bound.ok()) {
    std::cerr << bound.status() << "\n";
    return 1;
  }
  using FromV8 = double(void*, double, double);
  std::cout << bound->As<FromV8>()(nullptr, 2, 10) << "\n";

  // The same entry point, another function.
  double (*const other)(double, double) = &std::fmod;
  const absl::Status status = bound->Repoint(reinterpret_cast<const void*>(other));
  if (!status.ok()) {
    std::cerr << status << "\n";
    return 1;
  }
  std::cout << bound->As<FromV8>()(nullptr, 10, 4) << "\n";
}
