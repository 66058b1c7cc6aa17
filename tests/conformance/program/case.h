#ifndef SPRINGBOARD_TESTS_CONFORMANCE_PROGRAM_CASE_H_
#define SPRINGBOARD_TESTS_CONFORMANCE_PROGRAM_CASE_H_

// What CaseSource()'s code gives runner.cc, in C and C++ alike.

#ifdef __cplusplus
extern "C" {
#endif

// An argument as the callee must see it, narrow integers extended to 32 bits.
struct SpringboardArgument {
  unsigned long long value;
  unsigned size;
};

struct SpringboardCase {
  const char* signature;
  const char* code;
  unsigned code_size;
  unsigned callee_offset;
  void* callee;
  // Calls `entry`. The result's bytes go to *result.
  void (*call)(void* entry, unsigned long long* result);
  const struct SpringboardArgument* arguments;
  unsigned argument_count;
  unsigned long long callee_result;    // What the callee returns.
  unsigned long long expected_result;  // What V8 gets, in the bits of result_mask.
  unsigned long long result_mask;
  int has_out_array;
};

extern const struct SpringboardCase kSpringboardCases[];
extern const unsigned kSpringboardCaseCount;

// Where callees keep what they see, find what they return, and count their calls.
extern unsigned char springboard_record[];
// An out array's data is the second.
extern unsigned long long springboard_out[3];

#ifdef __cplusplus
}
#endif

#endif  // SPRINGBOARD_TESTS_CONFORMANCE_PROGRAM_CASE_H_
