#ifndef SPRINGBOARD_TESTS_BENCH_CALL_LOOPS_H_
#define SPRINGBOARD_TESTS_BENCH_CALL_LOOPS_H_

#include <benchmark/benchmark.h>
#include <ffi.h>

#include <array>
#include <cstdint>
#include <type_traits>

#include "tests/bench/call_functions.h"

namespace springboard {

// Calls of C functions with the same arguments again and again, by the functions' types.

// Where the data of every buffer and out array is.
inline uint64_t call_data[4] = {};

// Of numbers that V8 passes for narrow ones, the callee sees 3: what is above is to be dropped.
template <typename T>
T ValueOf() {
  static TypedArray array = {sizeof(call_data), call_data};
  if constexpr (std::is_same_v<T, TypedArray*>) {
    return &array;
  } else if constexpr (std::is_pointer_v<T>) {
    return call_data;
  } else if constexpr (std::is_integral_v<T> && sizeof(T) == 4) {
    return T{0x7A7A0003};
  } else {
    return T{3};
  }
}

// The same instructions for each `kLoop`, at as good an address. What is called in turn with others
// needs a loop of its own: the processor predicts a call that always has the same target sooner.
template <int kLoop, typename Result, typename... Args>
__attribute__((noinline, aligned(64))) void CallOften(Result (*function)(Args...), int count) {
  for (int i = 0; i < count; ++i) {
    asm volatile("# %0" : : "i"(kLoop));  // Else the compiler would make the loops one.
    benchmark::DoNotOptimize(function);
    if constexpr (std::is_void_v<Result>) {
      function(ValueOf<Args>()...);
    } else {
      benchmark::DoNotOptimize(function(ValueOf<Args>()...));
    }
  }
}

// What a call gives; for none, what it left in an out array.
template <typename Result, typename... Args>
double ResultOfCall(Result (*function)(Args...)) {
  call_data[0] = 0;
  if constexpr (std::is_void_v<Result>) {
    function(ValueOf<Args>()...);
    return static_cast<double>(call_data[0]);
  } else {
    return static_cast<double>(function(ValueOf<Args>()...));
  }
}

template <typename T>
ffi_type* FfiType() {
  if constexpr (std::is_void_v<T>) {
    return &ffi_type_void;
  } else if constexpr (std::is_pointer_v<T>) {
    return &ffi_type_pointer;
  } else if constexpr (std::is_floating_point_v<T>) {
    return sizeof(T) == 4 ? &ffi_type_float : &ffi_type_double;
  } else {
    constexpr bool kIsSigned = std::is_signed_v<T>;
    switch (sizeof(T)) {
      case 1:
        return kIsSigned ? &ffi_type_sint8 : &ffi_type_uint8;
      case 2:
        return kIsSigned ? &ffi_type_sint16 : &ffi_type_uint16;
      case 4:
        return kIsSigned ? &ffi_type_sint32 : &ffi_type_uint32;
      default:
        return kIsSigned ? &ffi_type_sint64 : &ffi_type_uint64;
    }
  }
}

template <typename T>
void* FfiValue() {
  static T value = ValueOf<T>();
  return &value;
}

// As a runtime calls without a trampoline: what can be prepared is.
template <typename Result, typename... Args>
void CallOftenByFfi(Result (*function)(Args...), int count) {
  static std::array<ffi_type*, sizeof...(Args) + 1> types = {FfiType<Args>()..., nullptr};
  static std::array<void*, sizeof...(Args) + 1> values = {FfiValue<Args>()..., nullptr};
  static ffi_cif cif = [] {
    ffi_cif prepared;
    ffi_prep_cif(&prepared, FFI_DEFAULT_ABI, sizeof...(Args), FfiType<Result>(), types.data());
    return prepared;
  }();
  for (int i = 0; i < count; ++i) {
    ffi_arg result[2];
    ffi_call(&cif, reinterpret_cast<void (*)()>(function), result, values.data());
    benchmark::DoNotOptimize(result);
  }
}

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_BENCH_CALL_LOOPS_H_
