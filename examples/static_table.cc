// Calls functions through trampolines that were linked in, mapping no code at all: static_table.
#include "client/arena/static_table.h"

#include <cmath>
#include <cstdlib>
#include <iostream>

#include "client/arena/code_arena.h"
#include "client/host_target.h"

namespace sb = springboard;

extern "C" const sb::StaticTable example_table;

int main() {
  sb::CodeArenaOptions options;
  options.way = sb::MappingWay::kStaticTable;
  options.static_table = &example_table;
  absl::StatusOr<sb::CodeArena> arena = sb::CodeArena::Create(options);
  if (!arena.ok()) {
    std::cerr << arena.status() << "\n";
    return 1;
  }
  int (*const callee)(int) = &std::abs;
  const absl::StatusOr<sb::BoundTrampoline> bound =
      arena->LinkStatic(*sb::Signature::Parse("i32(i32)"), reinterpret_cast<const void*>(callee));
  if (!bound.ok()) {
    std::cerr << bound.status() << "\n";
    return 1;
  }
  std::cout << bound->As<int(void*, int)>()(nullptr, -7) << "\n";

  // A signature that is not in the table is an error that says so.
  std::cout << arena->LinkStatic(*sb::Signature::Parse("void()"), &arena).status().message()
            << "\n";
}
