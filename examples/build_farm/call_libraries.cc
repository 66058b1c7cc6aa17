// Calls functions of libm and libz as V8 would: through trampolines that are linked into the
// program.

#include <cinttypes>
#include <cmath>
#include <cstdint>
#include <cstdio>

#include "stubs.h"

namespace {

int failed = 0;

void Check(const char* call, bool is_right) {
  std::printf("%-40s %s\n", call, is_right ? "ok" : "WRONG");
  if (!is_right) ++failed;
}

// Where a 64-bit result goes, as two numbers of 32 bits.
struct Out {
  int32_t words[2] = {};
  springboard_typed_array array = {2, words};

  uint64_t value() const {
    return static_cast<uint32_t>(words[0]) | uint64_t{static_cast<uint32_t>(words[1])} << 32;
  }
};

}  // namespace

int main() {
  void* const receiver = nullptr;  // V8's object, which C functions do not get.

  Check("pow(2, 10)", __springboard_pow(receiver, 2, 10) == 1024);
  Check("cbrt(27)", std::abs(__springboard_cbrt(receiver, 27) - 3) < 1e-15);

  // The check value of the CRC-32 is that of these nine bytes.
  uint8_t digits[] = {'1', '2', '3', '4', '5', '6', '7', '8', '9'};
  const springboard_typed_array buffer = {sizeof(digits), digits};
  Out crc;
  __springboard_crc32(receiver, 0, &buffer, sizeof(digits), &crc.array);
  Check("crc32(0, \"123456789\", 9)", crc.value() == 0xCBF43926);

  Out flags;
  __springboard_zlibCompileFlags(receiver, &flags.array);
  // Two bits for the size of uInt, which is 4 bytes.
  Check("zlibCompileFlags()", (flags.value() & 3) == 1);

  // What V8 is to be told of each is in a table.
  for (const springboard_object_function& row : springboard_object_stubs) {
    std::printf("%s: %s, %zu arguments for V8\n", row.callee, row.signature,
                row.v8_template->argument_count);
  }
  return failed == 0 ? 0 : 1;
}
