// The main program of a conformance run on another system: maps each case's trampoline with the
// client's core, as it is, and makes the case's call. Built with that system's compiler, together
// with the C code of CaseSource(), and nothing else.

#include <cstdint>
#include <cstdio>
#include <variant>
#include <vector>

#include "client/mapping/code_mapping.h"
#include "client/mapping/relocate.h"

extern "C" {

struct SpringboardCase {
  const char* signature;
  const unsigned char* code;
  unsigned size;
  unsigned callee_offset;
  void* callee;
  int (*call)(void*);
};

extern const SpringboardCase kSpringboardCases[];
extern const unsigned kSpringboardCaseCount;

// Where callees keep what they see, and what they return.
alignas(16) unsigned char springboard_record[16 * 256 + 16];
}

namespace {

// 0 if the case is right; else what went wrong is on stdout.
int Run(const SpringboardCase& one) {
  std::vector<uint8_t> code(one.code, one.code + one.size);
  if (!springboard::Relocate(code.data(), code.size(), one.callee_offset,
                             reinterpret_cast<uintptr_t>(one.callee))) {
    std::printf("FAILED %s: the callee's offset is outside\n", one.signature);
    return 1;
  }
  const auto mapped = springboard::CodeMapping::Map(code.data(), code.size());
  if (const auto* error = std::get_if<springboard::MappingError>(&mapped)) {
    std::printf("FAILED %s: %s: error %d\n", one.signature, error->operation, error->system_error);
    return 1;
  }
  const void* const entry = std::get_if<springboard::CodeMapping>(&mapped)->entry();
  const int wrong = one.call(const_cast<void*>(entry));
  if (wrong > 0) std::printf("FAILED %s: argument %d\n", one.signature, wrong - 1);
  if (wrong < 0) std::printf("FAILED %s: the result\n", one.signature);
  return wrong == 0 ? 0 : 1;
}

}  // namespace

int main() {
  unsigned failures = 0;
  for (unsigned i = 0; i < kSpringboardCaseCount; ++i) {
    failures += static_cast<unsigned>(Run(kSpringboardCases[i]));
  }
  std::printf("%u cases, %u failures\n", kSpringboardCaseCount, failures);
  return failures == 0 ? 0 : 1;
}
