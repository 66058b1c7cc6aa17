/* Prints the sizes and offsets of the C ABI's structs, as a C compiler has them. */
#include <stdio.h>

#include "client/c/springboard.h"

#define STRUCT(type) printf("sizeof(%s) = %zu\n", #type, sizeof(type))
#define FIELD(type, field)                                                        \
  printf("%s.%s at %zu, %zu bytes\n", #type, #field, offsetof(type, field), \
         sizeof(((type*)0)->field))

int main(void) {
  printf("SPRINGBOARD_ABI_VERSION = %d\n", SPRINGBOARD_ABI_VERSION);
  STRUCT(springboard_options);
  FIELD(springboard_options, struct_size);
  FIELD(springboard_options, server);
  FIELD(springboard_options, require_remote);
  FIELD(springboard_options, timeout_ms);
  FIELD(springboard_options, server_patience_ms);
  FIELD(springboard_options, cache_bytes);
  FIELD(springboard_options, reserve_bytes);
  STRUCT(springboard_symbol);
  FIELD(springboard_symbol, name);
  FIELD(springboard_symbol, signature);
  FIELD(springboard_symbol, symbol);
  FIELD(springboard_symbol, is_optional);
  STRUCT(springboard_stats);
  FIELD(springboard_stats, struct_size);
  FIELD(springboard_stats, from_server);
  FIELD(springboard_stats, from_process);
  FIELD(springboard_stats, cache_hits);
  FIELD(springboard_stats, cache_misses);
  FIELD(springboard_stats, rejected);
  FIELD(springboard_stats, fallbacks);
  return 0;
}
