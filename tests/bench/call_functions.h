#ifndef SPRINGBOARD_TESTS_BENCH_CALL_FUNCTIONS_H_
#define SPRINGBOARD_TESTS_BENCH_CALL_FUNCTIONS_H_

// C functions to be called, and what a C programmer would write in place of a trampoline. In C, for
// more than one compiler.

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// v8::FastApiTypedArray<>, of V8 10: a length, and the data.
struct TypedArray {
  size_t length;
  void* data;
};

// Each: NAME, the signature, the function's result, its parameters, and the result and parameters
// that V8 calls with behind the receiver.
#define CALL_FUNCTIONS(X)                                                                         \
  X(nothing, "void()", void, (void), void, (void*))                                               \
  X(two_numbers, "u32(u32,u32)", uint32_t, (uint32_t, uint32_t), uint32_t,                        \
    (void*, uint32_t, uint32_t))                                                                  \
  X(two_floats, "f64(f64,f64)", double, (double, double), double, (void*, double, double))        \
  X(narrow, "i8(i8,u16)", int8_t, (int8_t, uint16_t), int32_t, (void*, int32_t, uint32_t))        \
  X(long_result, "u64()", uint64_t, (void), void, (void*, struct TypedArray*))                    \
  X(long_sum, "u64(u64,u64)", uint64_t, (uint64_t, uint64_t), void,                               \
    (void*, uint64_t, uint64_t, struct TypedArray*))                                              \
  X(buffer, "i32(buffer,i32)", int32_t, (void*, int32_t), int32_t,                                \
    (void*, struct TypedArray*, int32_t))                                                         \
  X(two_buffers, "u64(buffer,buffer,usize)", uint64_t, (void*, void*, size_t), void,              \
    (void*, struct TypedArray*, struct TypedArray*, uint64_t, struct TypedArray*))                \
  X(seven_integers, "void(u8,u16,i8,i16,u32,i32,u64)", void,                                      \
    (uint8_t, uint16_t, int8_t, int16_t, uint32_t, int32_t, uint64_t), void,                      \
    (void*, uint32_t, uint32_t, int32_t, int32_t, uint32_t, int32_t, uint64_t))                   \
  X(nine_floats, "f64(f64,f64,f64,f64,f64,f64,f64,f64,f64)", double,                              \
    (double, double, double, double, double, double, double, double, double), double,             \
    (void*, double, double, double, double, double, double, double, double, double))              \
  X(twelve_narrow, "i8(u8,u16,i8,i16,u8,u16,i8,i16,u8,u16,i8,i16)", int8_t,                       \
    (uint8_t, uint16_t, int8_t, int16_t, uint8_t, uint16_t, int8_t, int16_t, uint8_t, uint16_t,   \
     int8_t, int16_t),                                                                            \
    int32_t,                                                                                      \
    (void*, uint32_t, uint32_t, int32_t, int32_t, uint32_t, uint32_t, int32_t, int32_t, uint32_t, \
     uint32_t, int32_t, int32_t))                                                                 \
  X(reference,                                                                                    \
    "void(u8,u16,i16,i8,u32,u64,buffer,function,i64,i32,i16,i8,f32,f32,f32,f32,f64,f64,f64,f64,"  \
    "f32,f64)",                                                                                   \
    void,                                                                                         \
    (uint8_t, uint16_t, int16_t, int8_t, uint32_t, uint64_t, void*, void*, int64_t, int32_t,      \
     int16_t, int8_t, float, float, float, float, double, double, double, double, float, double), \
    void,                                                                                         \
    (void*, uint32_t, uint32_t, int32_t, int32_t, uint32_t, uint64_t, struct TypedArray*, void*,  \
     int64_t, int32_t, int32_t, int32_t, float, float, float, float, double, double, double,      \
     double, float, double))

// callee_NAME: what is called. gcc_NAME, clang_NAME: forward V8's call to gcc_to_NAME,
// clang_to_NAME, which is the callee, as nobody can know who compiles them.
#define DECLARE_CALL_FUNCTION(name, signature, result, parameters, v8_result, v8_parameters) \
  result callee_##name parameters;                                                           \
  extern result(*gcc_to_##name) parameters;                                                  \
  extern result(*clang_to_##name) parameters;                                                \
  v8_result gcc_##name v8_parameters;                                                        \
  v8_result clang_##name v8_parameters;
CALL_FUNCTIONS(DECLARE_CALL_FUNCTION)
#undef DECLARE_CALL_FUNCTION

#ifdef __cplusplus
}
#endif

#endif  // SPRINGBOARD_TESTS_BENCH_CALL_FUNCTIONS_H_
