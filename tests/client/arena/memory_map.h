#ifndef SPRINGBOARD_TESTS_CLIENT_ARENA_MEMORY_MAP_H_
#define SPRINGBOARD_TESTS_CLIENT_ARENA_MEMORY_MAP_H_

#include <algorithm>
#include <cstddef>
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

// How many mappings the process has, to be compared with another time.
inline size_t CountMappings() {
  std::vector<std::string> maps = MapsContaining(nullptr);
#ifdef __SANITIZE_ADDRESS__
  // The sanitizer maps anonymous memory of its own whenever it likes.
  maps.erase(std::remove_if(maps.begin(), maps.end(),
                            [](const std::string& line) {
                              return line.find('/') == std::string::npos &&
                                     line.find("r-x") == std::string::npos;
                            }),
             maps.end());
#endif
  return maps.size();
}

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CLIENT_ARENA_MEMORY_MAP_H_
