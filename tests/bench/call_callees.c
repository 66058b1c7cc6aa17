// What is called does next to nothing.

#include "tests/bench/call_functions.h"

void callee_nothing(void) {}

uint32_t callee_two_numbers(uint32_t a, uint32_t b) { return a + b; }

double callee_two_floats(double a, double b) { return a + b; }

int8_t callee_narrow(int8_t a, uint16_t b) { return (int8_t)(a + b); }

uint64_t callee_long_result(void) { return 7; }

uint64_t callee_long_sum(uint64_t a, uint64_t b) { return a + b; }

int32_t callee_buffer(void* a, int32_t b) { return b + (a != NULL); }

uint64_t callee_two_buffers(void* a, void* b, size_t c) { return c + (a != b); }

void callee_seven_integers(uint8_t a, uint16_t b, int8_t c, int16_t d, uint32_t e, int32_t f,
                           uint64_t g) {
  (void)a, (void)b, (void)c, (void)d, (void)e, (void)f, (void)g;
}

double callee_nine_floats(double a, double b, double c, double d, double e, double f, double g,
                          double h, double i) {
  (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h;
  return a + i;
}

int8_t callee_twelve_narrow(uint8_t a, uint16_t b, int8_t c, int16_t d, uint8_t e, uint16_t f,
                            int8_t g, int16_t h, uint8_t i, uint16_t j, int8_t k, int16_t l) {
  (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h, (void)i, (void)j, (void)k;
  return (int8_t)(a + l);
}

void callee_reference(uint8_t a, uint16_t b, int16_t c, int8_t d, uint32_t e, uint64_t f, void* g,
                      void* h, int64_t i, int32_t j, int16_t k, int8_t l, float m, float n, float o,
                      float p, double q, double r, double s, double t, float u, double v) {
  (void)a, (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h, (void)i, (void)j, (void)k;
  (void)l, (void)m, (void)n, (void)o, (void)p, (void)q, (void)r, (void)s, (void)t, (void)u, (void)v;
}
