/* Prints the sizes and offsets of the C ABI's structs, as a C compiler has them. */
#include <stdio.h>

#include "client/c/springboard.h"

#define STRUCT(type) printf("sizeof(%s) = %zu\n", #type, sizeof(type))
#define FIELD(type, field)                                                        \
  printf("%s.%s at %zu, %zu bytes\n", #type, #field, offsetof(type, field), \
         sizeof(((type*)0)->field))

#define VALUE(name) printf("%s = %d\n", #name, (int)(name))

int main(void) {
  printf("SPRINGBOARD_ABI_VERSION = %d\n", SPRINGBOARD_ABI_VERSION);
  STRUCT(springboard_options);
  FIELD(springboard_options, struct_size);
  FIELD(springboard_options, pack);
  FIELD(springboard_options, server);
  FIELD(springboard_options, in_process);
  FIELD(springboard_options, require_remote);
  FIELD(springboard_options, timeout_ms);
  FIELD(springboard_options, server_patience_ms);
  FIELD(springboard_options, cache_bytes);
  FIELD(springboard_options, reserve_bytes);
  FIELD(springboard_options, way);
  STRUCT(springboard_symbol);
  FIELD(springboard_symbol, name);
  FIELD(springboard_symbol, signature);
  FIELD(springboard_symbol, symbol);
  FIELD(springboard_symbol, is_optional);
  STRUCT(springboard_stats);
  FIELD(springboard_stats, struct_size);
  FIELD(springboard_stats, from_pack);
  FIELD(springboard_stats, from_server);
  FIELD(springboard_stats, from_process);
  FIELD(springboard_stats, cache_hits);
  FIELD(springboard_stats, cache_misses);
  FIELD(springboard_stats, rejected);
  FIELD(springboard_stats, fallbacks);
  FIELD(springboard_stats, joined);
  FIELD(springboard_stats, circuit_openings);
  STRUCT(springboard_faults);
  FIELD(springboard_faults, struct_size);
  FIELD(springboard_faults, delay_ms);
  FIELD(springboard_faults, error);
  FIELD(springboard_faults, gives_wrong_code);
  FIELD(springboard_faults, gives_garbage);
  FIELD(springboard_faults, api_version);
  VALUE(SPRINGBOARD_OK);
  VALUE(SPRINGBOARD_CANCELLED);
  VALUE(SPRINGBOARD_UNKNOWN);
  VALUE(SPRINGBOARD_INVALID_ARGUMENT);
  VALUE(SPRINGBOARD_DEADLINE_EXCEEDED);
  VALUE(SPRINGBOARD_NOT_FOUND);
  VALUE(SPRINGBOARD_ALREADY_EXISTS);
  VALUE(SPRINGBOARD_PERMISSION_DENIED);
  VALUE(SPRINGBOARD_RESOURCE_EXHAUSTED);
  VALUE(SPRINGBOARD_FAILED_PRECONDITION);
  VALUE(SPRINGBOARD_ABORTED);
  VALUE(SPRINGBOARD_OUT_OF_RANGE);
  VALUE(SPRINGBOARD_UNIMPLEMENTED);
  VALUE(SPRINGBOARD_INTERNAL);
  VALUE(SPRINGBOARD_UNAVAILABLE);
  VALUE(SPRINGBOARD_DATA_LOSS);
  VALUE(SPRINGBOARD_UNAUTHENTICATED);
  VALUE(SPRINGBOARD_FAST_API_V8_VALUE);
  VALUE(SPRINGBOARD_FAST_API_VOID);
  VALUE(SPRINGBOARD_FAST_API_BOOL);
  VALUE(SPRINGBOARD_FAST_API_INT32);
  VALUE(SPRINGBOARD_FAST_API_UINT32);
  VALUE(SPRINGBOARD_FAST_API_INT64);
  VALUE(SPRINGBOARD_FAST_API_UINT64);
  VALUE(SPRINGBOARD_FAST_API_FLOAT32);
  VALUE(SPRINGBOARD_FAST_API_FLOAT64);
  VALUE(SPRINGBOARD_FAST_API_TYPED_ARRAY_UINT8);
  VALUE(SPRINGBOARD_FAST_API_TYPED_ARRAY_INT32);
  return 0;
}
