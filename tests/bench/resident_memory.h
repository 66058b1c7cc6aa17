#ifndef SPRINGBOARD_TESTS_BENCH_RESIDENT_MEMORY_H_
#define SPRINGBOARD_TESTS_BENCH_RESIDENT_MEMORY_H_

#include <malloc.h>
#include <unistd.h>

#include <fstream>

namespace springboard {

// Bytes that are resident of this process, when malloc() has given back what it can.
inline double ResidentBytes() {
  malloc_trim(0);
  std::ifstream file("/proc/self/statm");
  double pages = 0;
  file >> pages >> pages;
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_BENCH_RESIDENT_MEMORY_H_
