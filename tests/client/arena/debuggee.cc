// Calls a function through a trampoline that has a frame, and stops in it: for debuggers and
// profilers. debuggee WAY

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "client/arena/code_arena.h"
#include "client/arena/common_table.h"
#include "client/arena/gdb_jit.h"
#include "client/host_target.h"
#include "compiler/compile.h"

namespace sb = springboard;

extern "C" __attribute__((noinline)) uint16_t StopHere(uint16_t value) {
  std::raise(SIGTRAP);
  asm volatile("");
  return value;
}

extern "C" __attribute__((noinline)) uint32_t CallForGdb(const sb::BoundTrampoline& bound) {
  const uint32_t result = bound.As<uint32_t(void*, uint32_t)>()(nullptr, 7);
  asm volatile("");
  return result;
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  sb::CodeArenaOptions options;
  options.way = static_cast<sb::MappingWay>(std::atoi(argv[1]));
  options.static_table = &springboard_common_table;
  options.observers = {&sb::GdbJit()};
  absl::StatusOr<sb::CodeArena> arena = sb::CodeArena::Create(options);
  if (!arena.ok()) {
    std::cerr << arena.status() << "\n";
    return 1;
  }
  const sb::Signature signature = *sb::Signature::Parse("u16(u16)");
  const absl::StatusOr<sb::BoundTrampoline> bound =
      arena->Link(signature, *sb::Compile({signature, *sb::HostTarget()}),
                  reinterpret_cast<const void*>(&StopHere));
  if (!bound.ok()) {
    std::cerr << bound.status() << "\n";
    return 1;
  }
  return CallForGdb(*bound) == 7 ? 0 : 1;
}
