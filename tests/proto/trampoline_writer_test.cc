#include "proto/trampoline_writer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "compiler/compile.h"
#include "compiler/signature.h"
#include "compiler/target.h"
#include "proto/conversion.h"
#include "tests/support/signature_generator.h"

namespace springboard {
namespace {

std::string Written(const Trampoline& trampoline, const Signature& signature) {
  const TrampolineWriter writer(trampoline, signature);
  std::string bytes(writer.bytes(), '?');
  auto* const begin = reinterpret_cast<uint8_t*>(bytes.data());
  EXPECT_EQ(writer.Write(begin), begin + bytes.size());
  return bytes;
}

std::string WrittenByProtobuf(const Trampoline& trampoline, const Signature& signature) {
  v1::Trampoline message;
  ToProto(trampoline, signature, &message);
  return message.SerializeAsString();
}

TEST(TrampolineWriterTest, WritesWhatProtobufDoes) {
  SignatureGenerator generator(/*seed=*/1);
  std::vector<Signature> signatures = {
      *Signature::Create({}, NativeType::kVoid),
      *Signature::Create(std::vector<NativeType>(256, NativeType::kF64), NativeType::kU64)};
  while (signatures.size() < 500) signatures.push_back(generator.Next());
  for (const Signature& signature : signatures) {
    for (const TargetInfo& row : AllTargets()) {
      const absl::StatusOr<Trampoline> trampoline = Compile({signature, row.target});
      ASSERT_TRUE(trampoline.ok()) << trampoline.status();
      ASSERT_EQ(Written(*trampoline, signature), WrittenByProtobuf(*trampoline, signature))
          << signature << " for " << row.name;
    }
  }
}

// Those that the compiler does not give too: a number takes one byte to five, and none if it is 0.
TEST(TrampolineWriterTest, WritesEveryValueOfEachField) {
  const Signature signature = *Signature::Parse("u8(u8)");
  for (const uint32_t number : {0u, 1u, 127u, 128u, 16383u, 16384u, 0xFFFFFFFFu}) {
    for (const bool is_tail_call : {false, true}) {
      const Trampoline trampoline = {CodeBytes(1 + number % 20000, uint8_t{0x90}),
                                     {RelocationKind::kAbsolute64, number},
                                     number,
                                     Target::kA64Windows,
                                     CallerProfile::kV8_10,
                                     number,
                                     is_tail_call,
                                     number};
      EXPECT_EQ(Written(trampoline, signature), WrittenByProtobuf(trampoline, signature)) << number;
    }
  }
}

TEST(TrampolineWriterTest, AFieldHasATagAndALength) {
  v1::CompileTrampolineResponse response;
  for (const size_t code_bytes : {1, 50, 127, 128, 20000}) {
    response.mutable_trampoline()->set_code(std::string(code_bytes, 'x'));
    const std::string message = response.trampoline().SerializeAsString();
    const std::string whole = response.SerializeAsString();
    ASSERT_EQ(FieldBytes(message.size()), whole.size());
    std::string header(whole.size() - message.size(), '?');
    auto* const begin = reinterpret_cast<uint8_t*>(header.data());
    EXPECT_EQ(WriteFieldHeader(1, message.size(), begin), begin + header.size());
    EXPECT_EQ(header + message, whole);
  }
}

}  // namespace
}  // namespace springboard
