// That the V8 runner can fail.

#include "tests/conformance/v8_caller/fast_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "client/arena/code_arena.h"
#include "compiler/compile.h"
#include "proto/conversion.h"
#include "tests/conformance/v8_caller/native_callees.h"

namespace springboard {
namespace {

using testing::HasSubstr;
using testing::Test;

class FastCallTest : public Test {
 protected:
  // Calls a callee of `signature` through the trampoline of `compiled`.
  static std::string Check(const std::string& signature, const std::string& compiled,
                           v1::FastApiType first_argument = v1::FAST_API_TYPE_UNSPECIFIED) {
    static Engine engine;
    const Signature callee_signature = *Signature::Parse(signature);
    const absl::StatusOr<NativeCallees> callees = NativeCallees::Load({callee_signature});
    if (!callees.ok()) return callees.status().ToString();
    const Trampoline trampoline = *Compile({*Signature::Parse(compiled), Target::kX64SystemV});
    CodeArenaOptions options;
    options.verification = Verification::kOff;
    absl::StatusOr<CodeArena> arena = CodeArena::Create(options);
    if (!arena.ok()) return arena.status().ToString();
    const absl::StatusOr<BoundTrampoline> bound =
        arena->Link(callee_signature, trampoline, callees->Callee(0));
    if (!bound.ok()) return bound.status().ToString();
    v1::Trampoline message;
    ToProto(trampoline, callee_signature, &message);
    if (first_argument != v1::FAST_API_TYPE_UNSPECIFIED) {
      message.mutable_fast_api()->set_arguments(1, first_argument);
    }
    std::mt19937_64 random(1);
    return CheckFastCalls(engine, callee_signature, message.fast_api(), bound->entry(), random);
  }
};

TEST_F(FastCallTest, FindsNothingWrongWithTheRightTrampoline) {
  EXPECT_EQ(Check("u64(i8,f32,buffer)", "u64(i8,f32,buffer)"), "");
}

TEST_F(FastCallTest, NoticesAWrongExtension) {
  EXPECT_THAT(Check("void(i8,i8,i8,i8)", "void(u8,u8,u8,u8)"), HasSubstr("as an int (i8)"));
}

TEST_F(FastCallTest, NoticesALostStackedArgument) {
  EXPECT_THAT(Check("void(u64,u64,u64,u64,u64,u64,u64)", "void(u64,u64,u64,u64,u64,u64)"),
              HasSubstr("argument 6 (u64)"));
}

TEST_F(FastCallTest, NoticesAWrappedBuffer) {
  EXPECT_THAT(Check("void(buffer)", "void(pointer)"), HasSubstr("argument 0 (buffer)"));
}

TEST_F(FastCallTest, NoticesAWrongResult) {
  EXPECT_THAT(Check("i16(i16)", "u16(i16)"), HasSubstr("result: expected"));
}

TEST_F(FastCallTest, NoticesASlowCall) {
  EXPECT_EQ(Check("void(buffer)", "void(buffer)", v1::FAST_API_TYPE_INT32),
            "V8 did not take the fast path");
}

}  // namespace
}  // namespace springboard
