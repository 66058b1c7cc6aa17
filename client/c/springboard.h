/* Springboard's client for C, and for every language that can call it: links native functions for a
 * JavaScript engine's fast calls.
 *
 *     springboard_options options;
 *     springboard_options_init(&options);
 *     options.server = "unix:/run/springboard.sock";
 *     springboard_error* error = NULL;
 *     springboard_client* client = springboard_client_create(&options, &error);
 *
 * The ABI is stable: functions and fields are only added, fields at the end of structs that begin
 * with their size. Nothing throws, and no C++ type is used.
 *
 * Errors. A function that can fail takes `error`, which may be NULL. If it fails it returns NULL or
 * 0 and, if `error` is not NULL, sets *error to an error that the caller frees; else it leaves
 * *error as it is.
 *
 * Threads. A client may be used by any number of threads at a time; so may functions of what it
 * linked, but for those that free or re-point. Objects may be freed in any order and in any thread.
 *
 * Strings are UTF-8 and end with a zero byte. Those that are returned live as long as their object.
 */
#ifndef SPRINGBOARD_H_
#define SPRINGBOARD_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of this header. A library has all that headers of its own version and of smaller ones have. */
#define SPRINGBOARD_ABI_VERSION 1

/* Of the library. */
uint32_t springboard_abi_version(void);
/* Of the library: "0.1.0". */
const char* springboard_version(void);

typedef struct springboard_error springboard_error;

/* gRPC's canonical codes. */
typedef enum springboard_code {
  SPRINGBOARD_OK = 0,
  SPRINGBOARD_CANCELLED = 1,
  SPRINGBOARD_UNKNOWN = 2,
  SPRINGBOARD_INVALID_ARGUMENT = 3,
  SPRINGBOARD_DEADLINE_EXCEEDED = 4,
  SPRINGBOARD_NOT_FOUND = 5,
  SPRINGBOARD_RESOURCE_EXHAUSTED = 8,
  SPRINGBOARD_FAILED_PRECONDITION = 9,
  SPRINGBOARD_UNIMPLEMENTED = 12,
  SPRINGBOARD_INTERNAL = 13,
  SPRINGBOARD_UNAVAILABLE = 14
} springboard_code;

/* One of springboard_code; others may come from servers. */
int springboard_error_code(const springboard_error* error);
/* A stable name, "SYMBOL_NOT_FOUND"; "" if there is none. */
const char* springboard_error_reason(const springboard_error* error);
/* The path of what is wrong, "symbols[3].name"; "" if it is nothing single. */
const char* springboard_error_field(const springboard_error* error);
/* For people: the rule, what was received, and where. */
const char* springboard_error_message(const springboard_error* error);
/* Does nothing to NULL, as all functions here that free. */
void springboard_error_free(springboard_error* error);

typedef struct springboard_client springboard_client;
typedef struct springboard_trampoline springboard_trampoline;
typedef struct springboard_library springboard_library;

typedef struct springboard_options {
  size_t struct_size; /* Set by springboard_options_init(). */
  /* unix:/path, unix-abstract:name or host:port; NULL for none. The slim library knows no servers.
   */
  const char* server;
  /* Not 0: what the server does not give is an error; else this process compiles it. */
  int require_remote;
  /* Of a call, in milliseconds; at least 1. */
  int64_t timeout_ms;
  /* How long the server may take where this process can compile, in milliseconds; at least 1. */
  int64_t server_patience_ms;
  /* Of trampolines that are kept to be linked again. */
  size_t cache_bytes;
  /* More than 0: so much is mapped at once, and code is never mapped again. */
  size_t reserve_bytes;
} springboard_options;

/* Sets every field of a struct of `struct_size` bytes to what is usual: no server, 10 s, 500 ms, 4
 * MiB, no reservation. */
void springboard_options_init_sized(springboard_options* options, size_t struct_size);
/* The same, of this header's struct. */
static inline void springboard_options_init(springboard_options* options) {
  springboard_options_init_sized(options, sizeof(springboard_options));
}

/* Does not connect to the server yet. `options` may be NULL for what is usual. Codes:
 * INVALID_ARGUMENT (a field), UNIMPLEMENTED (a server, in the slim library), UNAVAILABLE (this
 * process cannot map code: MAPPING_REFUSED, with what was refused). */
springboard_client* springboard_client_create(const springboard_options* options,
                                              springboard_error** error);
/* What it linked stays. */
void springboard_client_free(springboard_client* client);

/* A trampoline through which V8 calls `callee`, a function of `signature`: "u64(u8,i16,buffer)".
 * Blocks for up to the timeout. Codes: INVALID_ARGUMENT (the signature, or a null callee),
 * UNAVAILABLE, DEADLINE_EXCEEDED and the server's where it is required, RESOURCE_EXHAUSTED. */
springboard_trampoline* springboard_link(springboard_client* client, const char* signature,
                                         const void* callee, springboard_error** error);
/* The entry point, for v8::CFunction. */
const void* springboard_trampoline_entry(const springboard_trampoline* trampoline);
/* From here on nobody may call it. */
void springboard_trampoline_free(springboard_trampoline* trampoline);

typedef struct springboard_symbol {
  const char* name;      /* What the caller calls it. */
  const char* signature; /* "f64(f64,f64)" */
  const char* symbol;    /* What the library calls it; NULL if that is `name`. */
  int is_optional;       /* Not 0: left out if the library does not have it. */
} springboard_symbol;

/* Opens a library and links functions of it, all or none, in one round trip. Codes: also NOT_FOUND
 * (LIBRARY_NOT_FOUND, SYMBOL_NOT_FOUND). */
springboard_library* springboard_link_library(springboard_client* client, const char* path,
                                              const springboard_symbol* symbols, size_t count,
                                              springboard_error** error);
/* The entry point of the function that the caller calls `name`; NULL if it was left out or never
 * asked for. */
const void* springboard_library_entry(const springboard_library* library, const char* name);
/* The function itself, for slow calls; NULL as above. */
const void* springboard_library_callee(const springboard_library* library, const char* name);
/* Frees the trampolines and closes the library. */
void springboard_library_free(springboard_library* library);

/* Types of V8's fast calls (v8-fast-api-calls.h). */
typedef enum springboard_fast_api_type {
  SPRINGBOARD_FAST_API_V8_VALUE = 0,
  SPRINGBOARD_FAST_API_VOID = 1,
  SPRINGBOARD_FAST_API_BOOL = 2,
  SPRINGBOARD_FAST_API_INT32 = 3,
  SPRINGBOARD_FAST_API_UINT32 = 4,
  SPRINGBOARD_FAST_API_INT64 = 5,
  SPRINGBOARD_FAST_API_UINT64 = 6,
  SPRINGBOARD_FAST_API_FLOAT32 = 7,
  SPRINGBOARD_FAST_API_FLOAT64 = 8,
  SPRINGBOARD_FAST_API_TYPED_ARRAY_UINT8 = 9,
  SPRINGBOARD_FAST_API_TYPED_ARRAY_INT32 = 10
} springboard_fast_api_type;

/* How V8 is to call a trampoline of `signature`: its v8::CFunctionInfo, without a request. Writes
 * up to `capacity` argument types, the receiver's first, and the result's type. Gives how many
 * arguments there are, which may be more; 0 after an error (INVALID_ARGUMENT). `arguments` may be
 * NULL if `capacity` is 0, and `result` may be NULL. */
size_t springboard_fast_api(const char* signature, uint8_t* arguments, size_t capacity,
                            uint8_t* result, springboard_error** error);

typedef struct springboard_stats {
  size_t struct_size; /* Set it to sizeof(springboard_stats). */
  uint64_t from_server;
  uint64_t from_process;
  uint64_t cache_hits;
  uint64_t cache_misses;
  uint64_t rejected;  /* Trampolines that were not proven to be what was asked for. */
  uint64_t fallbacks; /* Requests that this process compiled instead of the server. */
} springboard_stats;

/* What the client has done so far: fills the fields that the caller's struct has. */
void springboard_client_stats(const springboard_client* client, springboard_stats* stats);
/* The last error of the server or of compiling; NULL if there was none. The caller frees it. */
springboard_error* springboard_client_last_error(const springboard_client* client);

/* For tests of what links this: a real server on an address of its own, inside this process. The
 * slim library has none (UNIMPLEMENTED). */
typedef struct springboard_test_server springboard_test_server;
springboard_test_server* springboard_test_server_start(springboard_error** error);
const char* springboard_test_server_address(const springboard_test_server* server);
void springboard_test_server_free(springboard_test_server* server);

#ifdef __cplusplus
}
#endif

#endif /* SPRINGBOARD_H_ */
