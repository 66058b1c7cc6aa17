// The main program of a conformance run on another system: maps each case's trampoline with the
// client's core, as it is, and makes the case's call. Built with that system's compiler, together
// with the C code of CaseSource(), and nothing else. Its output is what RunCaseProgram() reads.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <variant>
#include <vector>

#include "client/mapping/mapping_way.h"
#include "client/mapping/relocate.h"
#include "tests/conformance/oracle/record_layout.h"
#include "tests/conformance/program/case.h"

namespace {

using springboard::kCallsOffset;
using springboard::kPromotedOffset;
using springboard::kResultOffset;
using springboard::kSlotBytes;

constexpr unsigned kNarrowBytes = 4;

using Word = unsigned long long;

}  // namespace

alignas(16) unsigned char springboard_record[springboard::kRecordBytes + kSlotBytes];
unsigned long long springboard_out[3];

namespace {

template <typename Value>
Value ReadRecord(unsigned offset) {
  Value value;
  std::memcpy(&value, springboard_record + offset, sizeof(value));
  return value;
}

void WriteRecord(unsigned offset, Word value) {
  std::memcpy(springboard_record + offset, &value, sizeof(value));
}

// What the callee saw. Both ends are little-endian.
bool CheckArguments(unsigned index, const SpringboardCase& one) {
  if (const unsigned calls = ReadRecord<unsigned>(kCallsOffset); calls != 1) {
    std::printf("wrong %u the callee ran %u times\n", index, calls);
    return false;
  }
  for (unsigned i = 0; i < one.argument_count; ++i) {
    const SpringboardArgument& argument = one.arguments[i];
    const unsigned at = kSlotBytes * i;
    if (std::memcmp(springboard_record + at, &argument.value, argument.size) != 0) {
      std::printf("wrong %u argument %u: expected 0x%llx, got 0x%llx\n", index, i, argument.value,
                  ReadRecord<Word>(at));
      return false;
    }
    const unsigned promoted = ReadRecord<unsigned>(at + kPromotedOffset);
    if (argument.size < kNarrowBytes && promoted != argument.value) {
      std::printf("wrong %u argument %u as an int: expected 0x%llx, got 0x%x\n", index, i,
                  argument.value, promoted);
      return false;
    }
  }
  return true;
}

void CheckResult(unsigned index, const SpringboardCase& one, Word result) {
  if (((result ^ one.expected_result) & one.result_mask) != 0) {
    std::printf("wrong %u result: expected 0x%llx, got 0x%llx\n", index, one.expected_result,
                result);
    return;
  }
  const Word out = one.has_out_array != 0 ? one.expected_result : 2;
  if (springboard_out[0] != 1 || springboard_out[1] != out || springboard_out[2] != 3) {
    std::printf("wrong %u out array: expected 1, 0x%llx, 3, got 0x%llx, 0x%llx, 0x%llx\n", index,
                out, springboard_out[0], springboard_out[1], springboard_out[2]);
  }
}

void Run(unsigned index, const SpringboardCase& one) {
  std::vector<uint8_t> code(one.code, one.code + one.code_size);
  if (!springboard::Relocate(code.data(), code.size(), one.callee_offset,
                             reinterpret_cast<uintptr_t>(one.callee))) {
    std::printf("wrong %u the callee's offset is outside\n", index);
    return;
  }
  const auto mapped = springboard::MapCode(code.data(), code.size());
  if (const auto* error = std::get_if<springboard::MappingError>(&mapped)) {
    std::printf("wrong %u %s: error %d\n", index, error->operation, error->system_error);
    return;
  }
  std::memset(springboard_record, 0xA5, sizeof(springboard_record));
  WriteRecord(kResultOffset, one.callee_result);
  WriteRecord(kCallsOffset, 0);
  for (Word i = 0; i < 3; ++i) springboard_out[i] = i + 1;
  Word result = 0x5A5A5A5A5A5A5A5A;
  const void* const entry =
      (*std::get_if<std::unique_ptr<springboard::CodeRegion>>(&mapped))->address();
  one.call(const_cast<void*>(entry), &result);
  if (CheckArguments(index, one)) CheckResult(index, one, result);
}

}  // namespace

int main(int argc, char** argv) {
  const unsigned first = argc > 1 ? static_cast<unsigned>(std::atoi(argv[1])) : 0;
  for (unsigned i = first; i < kSpringboardCaseCount; ++i) {
    std::printf("begin %u\n", i);
    // A wrong trampoline may end the program.
    std::fflush(stdout);
    Run(i, kSpringboardCases[i]);
  }
  std::printf("done\n");
  return 0;
}
