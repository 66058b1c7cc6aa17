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
 * Threads. What "Threads: any" stands behind may be called from any thread at any time, on one
 * object too. "Threads: alone" is for a moment in which nobody else is in a call with the object,
 * nor begins one. Objects may be freed in any order, each when its last call has returned: what a
 * client linked stays when the client goes, and so do asynchronous calls.
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

/* Of the library. Threads: any. */
uint32_t springboard_abi_version(void);
/* Of the library: "0.1.0". Threads: any. */
const char* springboard_version(void);

typedef struct springboard_error springboard_error;

/* Takes the few warnings of this process's clients, a line each without its end, from any thread.
 */
typedef void (*springboard_log)(void* data, const char* line);
/* Where they go from now on; stderr until this is called, and again with NULL. Threads: any; a line
 * may still go where it went before. */
void springboard_set_log(springboard_log log, void* data);

/* gRPC's canonical codes. */
typedef enum springboard_code {
  SPRINGBOARD_OK = 0,
  SPRINGBOARD_CANCELLED = 1,
  SPRINGBOARD_UNKNOWN = 2,
  SPRINGBOARD_INVALID_ARGUMENT = 3,
  SPRINGBOARD_DEADLINE_EXCEEDED = 4,
  SPRINGBOARD_NOT_FOUND = 5,
  SPRINGBOARD_ALREADY_EXISTS = 6,
  SPRINGBOARD_PERMISSION_DENIED = 7,
  SPRINGBOARD_RESOURCE_EXHAUSTED = 8,
  SPRINGBOARD_FAILED_PRECONDITION = 9,
  SPRINGBOARD_ABORTED = 10,
  SPRINGBOARD_OUT_OF_RANGE = 11,
  SPRINGBOARD_UNIMPLEMENTED = 12,
  SPRINGBOARD_INTERNAL = 13,
  SPRINGBOARD_UNAVAILABLE = 14,
  SPRINGBOARD_DATA_LOSS = 15,
  SPRINGBOARD_UNAUTHENTICATED = 16
} springboard_code;

/* One of springboard_code. Threads of all that reads an error: any. */
int springboard_error_code(const springboard_error* error);
/* A stable name, "SYMBOL_NOT_FOUND"; "" if there is none. */
const char* springboard_error_reason(const springboard_error* error);
/* The path of what is wrong, "symbols[3].name"; "" if it is nothing single. */
const char* springboard_error_field(const springboard_error* error);
/* For people: the rule, what was received, and where. */
const char* springboard_error_message(const springboard_error* error);
/* Does nothing to NULL, as all functions here that free. Threads: alone. */
void springboard_error_free(springboard_error* error);

typedef struct springboard_client springboard_client;
typedef struct springboard_trampoline springboard_trampoline;
typedef struct springboard_library springboard_library;

typedef struct springboard_options {
  size_t struct_size; /* Set by springboard_options_init(). */
  /* Where trampolines come from, asked in this order. A file made by "springboard pack"; NULL for
   * none. */
  const char* pack;
  /* One server or a proxy: unix:/path, unix-abstract:name or host:port. Several servers, asked in
   * turn: dns:///name:port or ipv4:a:p,b:p. NULL for none. The slim library knows no servers. */
  const char* server;
  /* Not 0: this process compiles what the others do not give. */
  int in_process;
  /* Not 0: only the server is asked, and an error of its is one of the client's. */
  int require_remote;
  /* Of a call, in milliseconds; at least 1. */
  int64_t timeout_ms;
  /* How long the server may take where this process can compile, in milliseconds; at least 1. */
  int64_t server_patience_ms;
  /* Of trampolines that are kept to be linked again. */
  size_t cache_bytes;
  /* More than 0: so much is mapped at once, and code is never mapped again. */
  size_t reserve_bytes;
  /* How code is mapped: "sealed-shared", "sealed-private", "dual", "temporary-file" or "anonymous";
   * NULL for the first that this process may use. */
  const char* way;
  /* Files in PEM; NULL for none. Those whose certificate the server must have: the connection is
   * encrypted; */
  const char* tls_authorities;
  /* this client's own certificate, with its key or with that in the next; */
  const char* tls_certificate;
  const char* tls_key;
  /* and the name in the server's certificate, if it is not that of the address. */
  const char* tls_server_name;
  /* A file whose first line is a bearer token; NULL for none. Only through TLS. */
  const char* token_file;
  /* A file of Ed25519 public keys in PEM, one of which must have signed every answer of the server;
   * NULL for none. Answers that are not are errors with reason WRONG_RESPONSE_SIGNATURE. */
  const char* signing_keys;
} springboard_options;

/* Sets every field of a struct of `struct_size` bytes to what is usual: no pack, no server, in
 * process, 10 s, 500 ms, 4 MiB, no reservation, any way. Threads: any. */
void springboard_options_init_sized(springboard_options* options, size_t struct_size);
/* The same, of this header's struct. */
static inline void springboard_options_init(springboard_options* options) {
  springboard_options_init_sized(options, sizeof(springboard_options));
}

/* Reads the pack; does not connect to the server yet. `options` may be NULL for what is usual.
 * Starts a thread, the first time. Codes: INVALID_ARGUMENT (a field; NO_SOURCE), NOT_FOUND,
 * FAILED_PRECONDITION and DATA_LOSS (the pack), UNIMPLEMENTED (a server, in the slim library),
 * UNAVAILABLE (this process cannot map code: MAPPING_REFUSED, with what was refused). Threads: any.
 */
springboard_client* springboard_client_create(const springboard_options* options,
                                              springboard_error** error);
/* What it linked stays. Threads: alone. */
void springboard_client_free(springboard_client* client);

/* Lets calls be given up. */
typedef struct springboard_cancellation springboard_cancellation;
/* NULL if there is no memory. Threads: any. */
springboard_cancellation* springboard_cancellation_new(void);
/* Ends all calls that were begun with it, and later ones, with CANCELLED. Threads: any. */
void springboard_cancellation_cancel(springboard_cancellation* cancellation);
/* Calls that were begun with it go on. Threads: alone. */
void springboard_cancellation_free(springboard_cancellation* cancellation);

/* Until when, and whether, a result is wanted. */
typedef struct springboard_call {
  size_t struct_size; /* Set it to sizeof(springboard_call), and the rest to 0. */
  int64_t timeout_ms; /* 0 for the client's. */
  const springboard_cancellation* cancellation; /* NULL for none. */
} springboard_call;

/* A trampoline through which V8 calls `callee`, a function of `signature`: "u64(u8,i16,buffer)".
 * Blocks until it has one, the timeout or the cancellation. `call` may be NULL for what is usual.
 * Codes: INVALID_ARGUMENT (the signature, a null callee, `call`), NOT_FOUND (NOT_IN_PACK, where
 * there is nothing but a pack), UNAVAILABLE, DEADLINE_EXCEEDED and the server's where nothing else
 * is asked, RESOURCE_EXHAUSTED, CANCELLED. Threads: any. */
springboard_trampoline* springboard_link(springboard_client* client, const char* signature,
                                         const void* callee, const springboard_call* call,
                                         springboard_error** error);

/* Gets what was linked, or NULL and the error; frees either. Must not block. */
typedef void (*springboard_linked)(void* data, springboard_trampoline* trampoline,
                                   springboard_error* error);
/* The same without waiting. Gives 1, and calls `done` once, before it returns or in any other
 * thread; or gives 0 after an INVALID_ARGUMENT, and calls nothing. Threads: any. */
int springboard_link_async(springboard_client* client, const char* signature, const void* callee,
                           const springboard_call* call, springboard_linked done, void* data,
                           springboard_error** error);

/* The entry point, for v8::CFunction. Threads: any. */
const void* springboard_trampoline_entry(const springboard_trampoline* trampoline);
/* Makes it call another function of the same signature. In the way "dual", and only there. Gives 1,
 * or 0 after an error: FAILED_PRECONDITION, INVALID_ARGUMENT (a null callee). Threads: alone, and
 * nobody may be calling through the trampoline. */
int springboard_trampoline_repoint(springboard_trampoline* trampoline, const void* callee,
                                   springboard_error** error);
/* Threads: alone, and nobody may call through the trampoline from here on. */
void springboard_trampoline_free(springboard_trampoline* trampoline);

typedef struct springboard_symbol {
  const char* name;      /* What the caller calls it. */
  const char* signature; /* "f64(f64,f64)" */
  const char* symbol;    /* What the library calls it; NULL if that is `name`. */
  int is_optional;       /* Not 0: left out if the library does not have it. */
} springboard_symbol;

/* Opens a library and links functions of it, all or none, in one round trip. Codes: also NOT_FOUND
 * (LIBRARY_NOT_FOUND, SYMBOL_NOT_FOUND). Threads: any. */
springboard_library* springboard_link_library(springboard_client* client, const char* path,
                                              const springboard_symbol* symbols, size_t count,
                                              const springboard_call* call,
                                              springboard_error** error);
/* The same for a symbol table in JSON as Deno.dlopen() takes it: {"pow": {"parameters": ["f64",
 * "f64"], "result": "f64"}}. Codes: also INVALID_ARGUMENT and UNIMPLEMENTED, whose field is a path
 * in the table: "symbols.pow.parameters[1]". Threads: any. */
springboard_library* springboard_link_symbol_table(springboard_client* client, const char* path,
                                                   const char* json, const springboard_call* call,
                                                   springboard_error** error);

/* Gets what was linked, or NULL and the error; frees either. Must not block. */
typedef void (*springboard_library_linked)(void* data, springboard_library* library,
                                           springboard_error* error);
/* springboard_link_library() without waiting for the server: see springboard_link_async(). The
 * library is opened before it returns. Threads: any. */
int springboard_link_library_async(springboard_client* client, const char* path,
                                   const springboard_symbol* symbols, size_t count,
                                   const springboard_call* call, springboard_library_linked done,
                                   void* data, springboard_error** error);

/* How many functions were linked, and what the caller calls each, in the order of their requests;
 * NULL past the end. Threads of all that reads a library: any. */
size_t springboard_library_count(const springboard_library* library);
const char* springboard_library_name(const springboard_library* library, size_t index);
/* The entry point of the function that the caller calls `name`; NULL if it was left out or never
 * asked for. */
const void* springboard_library_entry(const springboard_library* library, const char* name);
/* The function itself, for slow calls; NULL as above. */
const void* springboard_library_callee(const springboard_library* library, const char* name);
/* Frees the trampolines and closes the library. Threads: alone, and nobody may call through its
 * trampolines from here on. */
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
 * NULL if `capacity` is 0, and `result` may be NULL. Threads: any. */
size_t springboard_fast_api(const char* signature, uint8_t* arguments, size_t capacity,
                            uint8_t* result, springboard_error** error);

typedef struct springboard_stats {
  size_t struct_size; /* Set it to sizeof(springboard_stats). */
  uint64_t from_pack;
  uint64_t from_server;
  uint64_t from_process;
  uint64_t cache_hits;
  uint64_t cache_misses;
  uint64_t rejected;         /* Trampolines that were not proven to be what was asked for. */
  uint64_t fallbacks;        /* Requests that another was asked for after an error. */
  uint64_t joined;           /* Misses that waited for another thread's request. */
  uint64_t circuit_openings; /* Times that the server was given up for a while. */
} springboard_stats;

/* What the client has done so far: fills the fields that the caller's struct has.
 * Threads: any. */
void springboard_client_stats(const springboard_client* client, springboard_stats* stats);
/* The last error of a pack, a server or this process's compiler; NULL if there was none. The caller
 * frees it. Threads: any. */
springboard_error* springboard_client_last_error(const springboard_client* client);

#ifdef __cplusplus
}
#endif

#endif /* SPRINGBOARD_H_ */
