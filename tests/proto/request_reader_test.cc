#include "proto/request_reader.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "proto/conversion.h"
#include "tests/support/signature_generator.h"

namespace springboard {
namespace {

// Whether it was read; what it is then, protobuf says too.
bool IsRead(const std::string& bytes, size_t max_parameters) {
  const std::optional<CompileRequest> read = ReadPlainRequest(bytes, max_parameters);
  if (!read.has_value()) return false;
  v1::CompileTrampolineRequest message;
  EXPECT_TRUE(message.ParseFromString(bytes));
  const absl::StatusOr<CompileRequest> expected = FromProto(message, max_parameters);
  EXPECT_TRUE(expected.ok()) << expected.status();
  if (!expected.ok()) return true;
  EXPECT_EQ(read->signature, expected->signature);
  EXPECT_EQ(read->target, expected->target);
  EXPECT_EQ(read->profile, expected->profile);
  return true;
}

std::string Encoded(const CompileRequest& request) { return ToProto(request).SerializeAsString(); }

TEST(RequestReaderTest, ReadsWhatProtobufWrites) {
  SignatureGenerator generator(/*seed=*/2);
  for (int i = 0; i < 500; ++i) {
    const Signature signature = generator.Next();
    for (const TargetInfo& row : AllTargets()) {
      // 127 bytes are 123 parameters, and two tags, a length and a result.
      EXPECT_EQ(IsRead(Encoded({signature, row.target}), Signature::kMaxParameters),
                signature.parameters().size() <= 123)
          << signature;
    }
  }
}

TEST(RequestReaderTest, LeavesTheRestToProtobuf) {
  const std::string good = Encoded({*Signature::Parse("u8(u8,u16)"), Target::kA64Apple});
  ASSERT_TRUE(IsRead(good, 2));
  EXPECT_FALSE(IsRead(good, 1)) << "more parameters than there may be";
  EXPECT_FALSE(IsRead("", 2));
  for (size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(IsRead(good.substr(0, size), 2));
  EXPECT_FALSE(IsRead(good + good, 2)) << "fields twice";
  EXPECT_FALSE(IsRead(good + std::string("\x20\x01"), 2)) << "an unknown field";
  EXPECT_FALSE(IsRead("\x10\x01" + good, 2)) << "another order";
  v1::CompileTrampolineRequest message;
  ASSERT_TRUE(message.ParseFromString(good));
  message.mutable_signature()->set_can_callback(true);
  EXPECT_FALSE(IsRead(message.SerializeAsString(), 2));
  ASSERT_TRUE(message.ParseFromString(good));
  message.mutable_signature()->set_parameters(0, v1::NATIVE_TYPE_VOID);
  EXPECT_FALSE(IsRead(message.SerializeAsString(), 2));
}

TEST(RequestReaderTest, AgreesWithProtobufOnWhatIsChanged) {
  std::mt19937 random(3);
  SignatureGenerator generator(/*seed=*/3);
  int read = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = Encoded({generator.Next(), AllTargets()[random() % 5].target});
    for (auto change = random() % 3; change < 3; ++change) {
      const size_t at = random() % bytes.size();
      const auto byte = static_cast<char>(random() % 4 == 0 ? random() : random() % 20);
      switch (random() % 3) {
        case 0:
          bytes[at] = byte;
          break;
        case 1:
          bytes.insert(at, 1, byte);
          break;
        default:
          if (bytes.size() > 1) bytes.erase(at, 1);
      }
    }
    read += IsRead(bytes, /*max_parameters=*/20) ? 1 : 0;
  }
  EXPECT_GT(read, 1000);
  EXPECT_LT(read, 15000);
}

}  // namespace
}  // namespace springboard
