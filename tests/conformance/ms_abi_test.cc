// Windows x64 trampolines between code that this machine's compiler made for that convention, on
// both sides: the caller as V8 calls, the callee as a Windows library is compiled.

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <tuple>
#include <variant>

#include "client/mapping/mapping_way.h"
#include "client/mapping/relocate.h"
#include "compiler/compile.h"

namespace springboard {
namespace {

#ifndef __x86_64__
TEST(MsAbiTest, NeedsX64) { GTEST_SKIP() << "runs x86-64 code only"; }
#else
#define MS_ABI __attribute__((ms_abi))

struct TypedArray {
  uint64_t length;
  void* data;
};

// What the callee of the running test saw.
template <typename... Values>
std::tuple<Values...>& Seen() {
  static std::tuple<Values...> seen;
  return seen;
}

// Keeps the arguments and scribbles over all that a callee may.
template <typename Result, typename... Parameters>
MS_ABI Result Record(Parameters... parameters) {
  Seen<Parameters...>() = std::make_tuple(parameters...);
  asm volatile(
      "movq $-1, %%rcx; movq $-1, %%rdx; movq $-1, %%r8; movq $-1, %%r9; movq $-1, %%r10;"
      "movq $-1, %%r11; pcmpeqd %%xmm4, %%xmm4; pcmpeqd %%xmm5, %%xmm5"
      :
      :
      : "rcx", "rdx", "r8", "r9", "r10", "r11", "xmm4", "xmm5");
  return static_cast<Result>(0x8182838485868788);
}

using Code = std::unique_ptr<CodeRegion>;

Code Bind(const char* signature, const void* callee) {
  Trampoline trampoline = *Compile({*Signature::Parse(signature), Target::kX64Windows});
  EXPECT_TRUE(Relocate(trampoline.code.data(), trampoline.code.size(),
                       trampoline.relocation.callee_offset_bytes,
                       reinterpret_cast<uintptr_t>(callee)));
  auto mapped = MapCode(trampoline.code.data(), trampoline.code.size());
  return std::get<Code>(std::move(mapped));
}

template <typename Function>
Function* As(const Code& code) {
  return reinterpret_cast<Function*>(reinterpret_cast<uintptr_t>(code->address()));
}

template <typename Function>
const void* AddressOf(Function* function) {
  return reinterpret_cast<const void*>(function);
}

TEST(MsAbiTest, FloatsInRegistersAndOnTheStack) {
  const Code code =
      Bind("f64(f64,u32,f32,i16,f64,f32,i64)",
           AddressOf(&Record<double, double, uint32_t, float, int16_t, double, float, int64_t>));
  As<MS_ABI double(void*, double, uint32_t, float, int32_t, double, float, int64_t)>(code)(
      nullptr, 1.5, 2, 3.5F, static_cast<int32_t>(0xABCDFFFCu), 5.25, 6.5F, -7);
  EXPECT_EQ((Seen<double, uint32_t, float, int16_t, double, float, int64_t>()),
            std::make_tuple(1.5, 2u, 3.5F, int16_t{-4}, 5.25, 6.5F, int64_t{-7}));
}

// The reference's W1: its 16-byte store went over the return address.
TEST(MsAbiTest, ANarrowResultWithALastFloatOnTheStack) {
  const Code code =
      Bind("u8(u64,u64,u64,u64,f32)",
           AddressOf(&Record<uint8_t, uint64_t, uint64_t, uint64_t, uint64_t, float>));
  const uint32_t result = As<MS_ABI uint32_t(void*, uint64_t, uint64_t, uint64_t, uint64_t, float)>(
      code)(nullptr, 1, 2, 3, 4, 5.5F);
  EXPECT_EQ(result, 0x88u);
  EXPECT_EQ((Seen<uint64_t, uint64_t, uint64_t, uint64_t, float>()),
            std::make_tuple(uint64_t{1}, uint64_t{2}, uint64_t{3}, uint64_t{4}, 5.5F));
}

// The reference's W2: the same store went over saved rbx.
TEST(MsAbiTest, ALongResultWithALastFloatOnTheStack) {
  const Code code =
      Bind("u64(u64,u64,u64,u64,u64,f32)",
           AddressOf(&Record<uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, float>));
  uint64_t out[2] = {0, 42};
  TypedArray array = {2, out};
  As<MS_ABI void(void*, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, float, TypedArray*)>(
      code)(nullptr, 1, 2, 3, 4, 5, 6.5F, &array);
  EXPECT_EQ(out[0], 0x8182838485868788u);
  EXPECT_EQ(out[1], 42u);
  EXPECT_EQ((Seen<uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, float>()),
            std::make_tuple(uint64_t{1}, uint64_t{2}, uint64_t{3}, uint64_t{4}, uint64_t{5}, 6.5F));
}

TEST(MsAbiTest, BuffersAndSignedNarrowResults) {
  const Code code =
      Bind("i16(buffer,i8,u8,buffer,buffer)",
           AddressOf(&Record<int16_t, const char*, int8_t, uint8_t, const char*, const char*>));
  char bytes[3] = {};
  TypedArray arrays[3] = {{1, &bytes[0]}, {1, &bytes[1]}, {1, &bytes[2]}};
  const int32_t result =
      As<MS_ABI int32_t(void*, TypedArray*, int32_t, uint32_t, TypedArray*, TypedArray*)>(code)(
          nullptr, &arrays[0], 0x7F80, 0x1FF, &arrays[1], &arrays[2]);
  EXPECT_EQ(result, static_cast<int16_t>(0x8788));
  EXPECT_EQ(
      (Seen<const char*, int8_t, uint8_t, const char*, const char*>()),
      std::make_tuple(static_cast<const char*>(&bytes[0]), int8_t{-128}, uint8_t{255},
                      static_cast<const char*>(&bytes[1]), static_cast<const char*>(&bytes[2])));
}

#endif

}  // namespace
}  // namespace springboard
