// Spends its time in a trampoline, for perf: profiled map|dump DIRECTORY. A perf map goes to /tmp,
// where perf looks.

#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>

#include "client/arena/code_arena.h"
#include "client/arena/perf_files.h"
#include "client/host_target.h"
#include "compiler/compile.h"

namespace springboard {
namespace {

struct TypedArray {
  uint64_t length;
  void* data;
};

uint64_t Callee(uint8_t first, uint64_t second) { return first + second; }

int Profiled(const std::string& kind, const std::string& directory) {
  const bool is_map = kind == "map";
  const absl::StatusOr<std::unique_ptr<CodeObserver>> observer =
      is_map ? OpenPerfMap() : OpenJitDump(directory);
  if (!observer.ok()) {
    std::cerr << observer.status() << "\n";
    return 1;
  }
  const Signature signature = *Signature::Parse("u64(u8,u64)");
  CodeArenaOptions options;
  options.observers = {observer->get()};
  if (is_map) options.way = MappingWay::kAnonymous;
  const absl::StatusOr<BoundTrampoline> bound = CodeArena::Create(options)->Link(
      signature, *Compile({signature, *HostTarget()}), reinterpret_cast<const void*>(&Callee));
  if (!bound.ok()) {
    std::cerr << bound.status() << "\n";
    return 1;
  }
  auto* const function = bound->As<void(void*, uint32_t, uint64_t, TypedArray*)>();
  uint64_t result = 0;
  TypedArray out = {1, &result};
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
  while (std::chrono::steady_clock::now() < end) {
    for (int i = 0; i < 100000; ++i) function(nullptr, 1, result, &out);
  }
  return result == 0 ? 1 : 0;
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: profiled map|dump DIRECTORY\n";
    return 2;
  }
  return springboard::Profiled(argv[1], argv[2]);
}
