/* Servers for tests of programs that use springboard.h. The tests link libspringboard_testing,
 * which has all of libspringboard and these, instead of it; it is not for shipping. */
#ifndef SPRINGBOARD_TESTING_H_
#define SPRINGBOARD_TESTING_H_

#include "springboard.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A server on an address of its own, inside this process. */
typedef struct springboard_test_server springboard_test_server;
/* A real one. Threads: any. */
springboard_test_server* springboard_test_server_start(springboard_error** error);
/* One that does wrong as it is told, and right until then. Threads: any. */
springboard_test_server* springboard_faulty_server_start(springboard_error** error);

/* For springboard_options.server. Threads: any. */
const char* springboard_test_server_address(const springboard_test_server* server);
/* Threads: alone. */
void springboard_test_server_free(springboard_test_server* server);

typedef struct springboard_faults {
  size_t struct_size;      /* Set it to sizeof(springboard_faults), and the rest to 0. */
  int64_t delay_ms;        /* Before it answers. */
  int error;               /* A springboard_code that it answers with. */
  int gives_wrong_code;    /* Not 0: code with a byte changed. */
  int gives_garbage;       /* Not 0: bytes that are no message. */
  const char* api_version; /* That it tells, "2.0"; NULL for none. */
} springboard_faults;

/* What a faulty server does from now on; NULL: all right. Gives 1, or 0 after an error:
 * INVALID_ARGUMENT, FAILED_PRECONDITION (NO_FAULTS: it is a real one). Threads: any. */
int springboard_faulty_server_set_faults(springboard_test_server* server,
                                         const springboard_faults* faults,
                                         springboard_error** error);
/* Closes all its connections, with the calls on them, and takes new ones. Gives 1, or 0 after an
 * error: FAILED_PRECONDITION, UNAVAILABLE (it cannot listen again). Threads: alone; clients may go
 * on. */
int springboard_faulty_server_disconnect(springboard_test_server* server,
                                         springboard_error** error);
/* How many calls it has got so far. Threads: any. */
uint64_t springboard_faulty_server_calls(const springboard_test_server* server);

#ifdef __cplusplus
}
#endif

#endif /* SPRINGBOARD_TESTING_H_ */
