// Stands in for libFuzzer where there is none: gives a fuzz target every file of the folders named.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <string>
#include <system_error>
#include <vector>

#include "tests/support/files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int main(int argc, char** argv) {
  size_t inputs = 0;
  for (int i = 1; i < argc; ++i) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(argv[i], error)) {
      const std::string bytes = springboard::ReadFile(entry.path().string());
      // Where a finding ends the program, this tells which input it was.
      std::cout << entry.path().string() << std::endl;
      LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
      ++inputs;
    }
    if (error) std::cerr << argv[i] << ": " << error.message() << "\n";
  }
  std::cout << inputs << " inputs\n";
  return inputs > 0 ? 0 : 1;
}
