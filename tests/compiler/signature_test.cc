#include "compiler/signature.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "compiler/error_details.h"

namespace springboard {
namespace {

TEST(SignatureTest, TextFormRoundTrips) {
  for (const char* text : {"void()", "u64(u8,i16,buffer)", "f64(f64,f64)", "function(pointer)",
                           "bool(bool,u8,i8,u16,i16,u32,i32,u64,i64,usize,isize,f32,f64)"}) {
    const absl::StatusOr<Signature> signature = Signature::Parse(text);
    ASSERT_TRUE(signature.ok()) << signature.status();
    EXPECT_EQ(signature->ToString(), text);
    EXPECT_EQ(*Signature::Parse(signature->ToString()), *signature);
  }
}

TEST(SignatureTest, SpacesDoNotMatter) {
  const absl::StatusOr<Signature> signature = Signature::Parse("  u64 ( u8 , i16 ) ");
  ASSERT_TRUE(signature.ok()) << signature.status();
  EXPECT_EQ(signature->ToString(), "u64(u8,i16)");
}

TEST(SignatureTest, EqualityIsByValue) {
  EXPECT_EQ(*Signature::Parse("u8(u16)"), *Signature::Parse("u8( u16 )"));
  EXPECT_NE(*Signature::Parse("u8(u16)"), *Signature::Parse("u8(i16)"));
  EXPECT_NE(*Signature::Parse("u8(u16)"), *Signature::Parse("u16(u16)"));
}

struct BadText {
  std::string text;
  std::string reason;
  std::string field;
  std::string message_part;
};

TEST(SignatureTest, BadTextsNameRuleValueAndField) {
  const std::vector<BadText> bad = {
      {"", "MALFORMED_SIGNATURE", "", "RESULT(PARAMETER,...)"},
      {"u64", "MALFORMED_SIGNATURE", "", "got \"u64\""},
      {"u64(", "MALFORMED_SIGNATURE", "", "got \"u64(\""},
      {"u64(u8", "MALFORMED_SIGNATURE", "", ""},
      {"u64)u8(", "MALFORMED_SIGNATURE", "", ""},
      {"()", "UNKNOWN_TYPE", "result", "got \"\""},
      {"u63(u8)", "UNKNOWN_TYPE", "result", "got \"u63\""},
      {"u64(u8,int)", "UNKNOWN_TYPE", "parameters[1]", "got \"int\""},
      {"u64(u8,)", "UNKNOWN_TYPE", "parameters[1]", "got \"\""},
      {"u64(,u8)", "UNKNOWN_TYPE", "parameters[0]", "got \"\""},
      {"U64(u8)", "UNKNOWN_TYPE", "result", "got \"U64\""},
      {"u64(u8)(u8)", "UNKNOWN_TYPE", "parameters[0]", "got \"u8)(u8\""},
      {std::string("u64(\x01\xff)"), "UNKNOWN_TYPE", "parameters[0]", "got \"\\x01\\xff\""},
      {"u64(u8,void)", "VOID_PARAMETER", "parameters[1]", "void is a result only"},
  };
  for (const BadText& row : bad) {
    SCOPED_TRACE(row.text);
    const absl::StatusOr<Signature> signature = Signature::Parse(row.text);
    ASSERT_FALSE(signature.ok());
    EXPECT_EQ(signature.status().code(), absl::StatusCode::kInvalidArgument);
    const std::optional<ErrorDetails> details = GetErrorDetails(signature.status());
    ASSERT_TRUE(details.has_value());
    EXPECT_EQ(details->reason, row.reason);
    EXPECT_EQ(details->field, row.field);
    EXPECT_NE(std::string(signature.status().message()).find(row.message_part), std::string::npos)
        << signature.status();
  }
}

TEST(SignatureTest, AMessageQuotesLittleOfALongText) {
  const absl::StatusOr<Signature> signature = Signature::Parse(std::string(1 << 20, 'x'));
  ASSERT_FALSE(signature.ok());
  EXPECT_LT(signature.status().message().size(), 300u);
}

TEST(SignatureTest, AtMost256Parameters) {
  const std::vector<NativeType> most(256, NativeType::kU8);
  EXPECT_TRUE(Signature::Create(most, NativeType::kVoid).ok());
  const std::vector<NativeType> more(300, NativeType::kU8);
  const absl::Status status = Signature::Create(more, NativeType::kVoid).status();
  EXPECT_EQ(status.message(), "at most 256 parameters; got 300");
  EXPECT_EQ(GetErrorDetails(status)->reason, "TOO_MANY_PARAMETERS");
}

TEST(SignatureTest, AnOptionLowersTheLimitAndNeverRaisesIt) {
  const std::vector<NativeType> three(3, NativeType::kU8);
  SignatureOptions options;
  options.max_parameters = 2;
  EXPECT_EQ(Signature::Create(three, NativeType::kVoid, options).status().message(),
            "at most 2 parameters; got 3");
  EXPECT_EQ(Signature::Parse("void(u8,u8,u8)", options).status().message(),
            "at most 2 parameters; got 3");
  options.max_parameters = 1000;
  const std::vector<NativeType> many(257, NativeType::kU8);
  EXPECT_EQ(Signature::Create(many, NativeType::kVoid, options).status().message(),
            "at most 256 parameters; got 257");
}

TEST(SignatureTest, ACallbackHasNoFastCall) {
  SignatureOptions options;
  options.can_callback = true;
  const absl::Status status = Signature::Parse("void()", options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetErrorDetails(status)->reason, "CAN_CALLBACK");
  EXPECT_EQ(GetErrorDetails(status)->field, "can_callback");
}

}  // namespace
}  // namespace springboard
