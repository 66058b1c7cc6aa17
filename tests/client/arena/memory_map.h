#ifndef SPRINGBOARD_TESTS_CLIENT_ARENA_MEMORY_MAP_H_
#define SPRINGBOARD_TESTS_CLIENT_ARENA_MEMORY_MAP_H_

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace springboard {

// The lines of /proc/self/maps, or of the one mapping in it that has `address`.
inline std::vector<std::string> MapsContaining(const void* address) {
  std::ifstream maps("/proc/self/maps");
  std::vector<std::string> found;
  for (std::string line; std::getline(maps, line);) {
    uintptr_t begin = 0;
    uintptr_t end = 0;
    char dash = 0;
    std::istringstream(line) >> std::hex >> begin >> dash >> end;
    const auto wanted = reinterpret_cast<uintptr_t>(address);
    if (address == nullptr || (wanted >= begin && wanted < end)) found.push_back(line);
  }
  return found;
}

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CLIENT_ARENA_MEMORY_MAP_H_
