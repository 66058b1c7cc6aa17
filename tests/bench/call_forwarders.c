// The forwarders, by the compiler that BY names: -DBY=gcc.

#include "tests/bench/call_functions.h"

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)
#define FORWARDER(name) JOIN(BY, _##name)
#define TO(name) JOIN(BY, _to_##name)

#define DEFINE_POINTER(name, signature, result, parameters, v8_result, v8_parameters) \
  result(*TO(name)) parameters = callee_##name;
CALL_FUNCTIONS(DEFINE_POINTER)

void FORWARDER(nothing)(void* receiver) {
  (void)receiver;
  TO(nothing)();
}

uint32_t FORWARDER(two_numbers)(void* receiver, uint32_t a, uint32_t b) {
  (void)receiver;
  return TO(two_numbers)(a, b);
}

double FORWARDER(two_floats)(void* receiver, double a, double b) {
  (void)receiver;
  return TO(two_floats)(a, b);
}

int32_t FORWARDER(narrow)(void* receiver, int32_t a, uint32_t b) {
  (void)receiver;
  return TO(narrow)((int8_t)a, (uint16_t)b);
}

void FORWARDER(long_result)(void* receiver, struct TypedArray* out) {
  (void)receiver;
  uint64_t* const data = out->data;
  *data = TO(long_result)();
}

void FORWARDER(long_sum)(void* receiver, uint64_t a, uint64_t b, struct TypedArray* out) {
  (void)receiver;
  uint64_t* const data = out->data;
  *data = TO(long_sum)(a, b);
}

int32_t FORWARDER(buffer)(void* receiver, struct TypedArray* a, int32_t b) {
  (void)receiver;
  return TO(buffer)(a->data, b);
}

void FORWARDER(two_buffers)(void* receiver, struct TypedArray* a, struct TypedArray* b, uint64_t c,
                            struct TypedArray* out) {
  (void)receiver;
  uint64_t* const data = out->data;
  *data = TO(two_buffers)(a->data, b->data, c);
}

void FORWARDER(seven_integers)(void* receiver, uint32_t a, uint32_t b, int32_t c, int32_t d,
                               uint32_t e, int32_t f, uint64_t g) {
  (void)receiver;
  TO(seven_integers)((uint8_t)a, (uint16_t)b, (int8_t)c, (int16_t)d, e, f, g);
}

double FORWARDER(nine_floats)(void* receiver, double a, double b, double c, double d, double e,
                              double f, double g, double h, double i) {
  (void)receiver;
  return TO(nine_floats)(a, b, c, d, e, f, g, h, i);
}

int32_t FORWARDER(twelve_narrow)(void* receiver, uint32_t a, uint32_t b, int32_t c, int32_t d,
                                 uint32_t e, uint32_t f, int32_t g, int32_t h, uint32_t i,
                                 uint32_t j, int32_t k, int32_t l) {
  (void)receiver;
  return TO(twelve_narrow)((uint8_t)a, (uint16_t)b, (int8_t)c, (int16_t)d, (uint8_t)e, (uint16_t)f,
                           (int8_t)g, (int16_t)h, (uint8_t)i, (uint16_t)j, (int8_t)k, (int16_t)l);
}

void FORWARDER(reference)(void* receiver, uint32_t a, uint32_t b, int32_t c, int32_t d, uint32_t e,
                          uint64_t f, struct TypedArray* g, void* h, int64_t i, int32_t j,
                          int32_t k, int32_t l, float m, float n, float o, float p, double q,
                          double r, double s, double t, float u, double v) {
  (void)receiver;
  TO(reference)
  ((uint8_t)a, (uint16_t)b, (int16_t)c, (int8_t)d, e, f, g->data, h, i, j, (int16_t)k, (int8_t)l, m,
   n, o, p, q, r, s, t, u, v);
}
