/* Prints the C ABI as a C compiler has it: sizes and offsets of structs, values of enums, functions. */
#include <stdio.h>

#include "client/c/springboard_testing.h"

#define STRUCT(type) printf("sizeof(%s) = %zu\n", #type, sizeof(type))
#define FIELD(type, field)                                                        \
  printf("%s.%s at %zu, %zu bytes\n", #type, #field, offsetof(type, field), \
         sizeof(((type*)0)->field))

/* The compiler holds what is printed against the header. */
#define FUNCTION(result, name, ...)                                                          \
  _Static_assert(__builtin_types_compatible_p(__typeof__(name), result(__VA_ARGS__)), #name); \
  printf("%s %s(%s)\n", #result, #name, #__VA_ARGS__)
#define TYPE(name, ...)                                                           \
  _Static_assert(__builtin_types_compatible_p(name, __VA_ARGS__), #name);         \
  printf("%s is %s\n", #name, #__VA_ARGS__)
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
  FIELD(springboard_options, tls_authorities);
  FIELD(springboard_options, tls_certificate);
  FIELD(springboard_options, tls_key);
  FIELD(springboard_options, tls_server_name);
  FIELD(springboard_options, token_file);
  FIELD(springboard_options, signing_keys);
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
  STRUCT(springboard_call);
  FIELD(springboard_call, struct_size);
  FIELD(springboard_call, timeout_ms);
  FIELD(springboard_call, cancellation);
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
  FUNCTION(uint32_t, springboard_abi_version, void);
  FUNCTION(const char*, springboard_version, void);
  FUNCTION(void, springboard_set_log, springboard_log, void*);
  FUNCTION(int, springboard_error_code, const springboard_error*);
  FUNCTION(const char*, springboard_error_reason, const springboard_error*);
  FUNCTION(const char*, springboard_error_field, const springboard_error*);
  FUNCTION(const char*, springboard_error_message, const springboard_error*);
  FUNCTION(void, springboard_error_free, springboard_error*);
  FUNCTION(void, springboard_options_init_sized, springboard_options*, size_t);
  FUNCTION(springboard_client*, springboard_client_create, const springboard_options*, springboard_error**);
  FUNCTION(void, springboard_client_free, springboard_client*);
  FUNCTION(springboard_cancellation*, springboard_cancellation_new, void);
  FUNCTION(void, springboard_cancellation_cancel, springboard_cancellation*);
  FUNCTION(void, springboard_cancellation_free, springboard_cancellation*);
  FUNCTION(springboard_trampoline*, springboard_link, springboard_client*, const char*, const void*, const springboard_call*, springboard_error**);
  FUNCTION(int, springboard_link_async, springboard_client*, const char*, const void*, const springboard_call*, springboard_linked, void*, springboard_error**);
  FUNCTION(const void*, springboard_trampoline_entry, const springboard_trampoline*);
  FUNCTION(int, springboard_trampoline_repoint, springboard_trampoline*, const void*, springboard_error**);
  FUNCTION(void, springboard_trampoline_free, springboard_trampoline*);
  FUNCTION(springboard_library*, springboard_link_library, springboard_client*, const char*, const springboard_symbol*, size_t, const springboard_call*, springboard_error**);
  FUNCTION(springboard_library*, springboard_link_symbol_table, springboard_client*, const char*, const char*, const springboard_call*, springboard_error**);
  FUNCTION(int, springboard_link_library_async, springboard_client*, const char*, const springboard_symbol*, size_t, const springboard_call*, springboard_library_linked, void*, springboard_error**);
  FUNCTION(size_t, springboard_library_count, const springboard_library*);
  FUNCTION(const char*, springboard_library_name, const springboard_library*, size_t);
  FUNCTION(const void*, springboard_library_entry, const springboard_library*, const char*);
  FUNCTION(const void*, springboard_library_callee, const springboard_library*, const char*);
  FUNCTION(void, springboard_library_free, springboard_library*);
  FUNCTION(size_t, springboard_fast_api, const char*, uint8_t*, size_t, uint8_t*, springboard_error**);
  FUNCTION(void, springboard_client_stats, const springboard_client*, springboard_stats*);
  FUNCTION(springboard_error*, springboard_client_last_error, const springboard_client*);
  FUNCTION(springboard_test_server*, springboard_test_server_start, springboard_error**);
  FUNCTION(springboard_test_server*, springboard_faulty_server_start, springboard_error**);
  FUNCTION(const char*, springboard_test_server_address, const springboard_test_server*);
  FUNCTION(void, springboard_test_server_free, springboard_test_server*);
  FUNCTION(int, springboard_faulty_server_set_faults, springboard_test_server*, const springboard_faults*, springboard_error**);
  FUNCTION(int, springboard_faulty_server_disconnect, springboard_test_server*, springboard_error**);
  FUNCTION(uint64_t, springboard_faulty_server_calls, const springboard_test_server*);
  TYPE(springboard_log, void (*)(void*, const char*));
  TYPE(springboard_linked, void (*)(void*, springboard_trampoline*, springboard_error*));
  TYPE(springboard_library_linked, void (*)(void*, springboard_library*, springboard_error*));
  return 0;
}
