/* Calls libm's pow as V8 would, through a trampoline: power [SERVER]. Without a server, or when it is
 * gone, this process compiles the trampoline itself. */
#include <springboard.h>
#include <stdio.h>

static int fail(springboard_error* error) {
  fprintf(stderr, "power: %s\n", springboard_error_message(error));
  springboard_error_free(error);
  return 1;
}

int main(int argc, char** argv) {
  springboard_error* error = NULL;
  springboard_options options;
  springboard_options_init(&options);
  if (argc > 1) options.server = argv[1];
  springboard_client* client = springboard_client_create(&options, &error);
  if (client == NULL) return fail(error);

  const springboard_symbol symbols[] = {{"pow", "f64(f64,f64)", NULL, 0}};
  springboard_library* libm = springboard_link_library(client, "libm.so.6", symbols, 1, NULL, &error);
  if (libm == NULL) {
    springboard_client_free(client);
    return fail(error);
  }

  /* What v8::CFunction takes. Here we are V8: the receiver comes first. */
  typedef double (*power_function)(void* receiver, double base, double exponent);
  power_function power = (power_function)(uintptr_t)springboard_library_entry(libm, "pow");
  printf("%g\n", power(NULL, 2, 10));

  springboard_stats stats = {.struct_size = sizeof(stats)};
  springboard_client_stats(client, &stats);
  printf("trampolines: %d from the server, %d from this process\n", (int)stats.from_server,
         (int)stats.from_process);

  springboard_library_free(libm);
  springboard_client_free(client);
  return 0;
}
