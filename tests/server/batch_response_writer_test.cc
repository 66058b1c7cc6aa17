#include "server/batch_response_writer.h"

#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"
#include "compiler/compile.h"
#include "proto/conversion.h"

namespace springboard {
namespace {

// However long the pieces of the stream are.
TEST(BatchResponseWriterTest, WritesWhatProtobufDoes) {
  const CompileRequest request = {*Signature::Parse("u64(u8,i16,buffer)"), Target::kA64Apple};
  const Trampoline trampoline = *Compile(request);
  const google::rpc::Status error = ToProto(absl::InvalidArgumentError("no"));
  v1::ResponseSignature signature;
  signature.set_ed25519(std::string(64, 's'));
  v1::BatchCompileTrampolinesResponse expected;
  for (int i = 0; i < 20; ++i) {
    if (i % 3 == 0) {
      *expected.add_items()->mutable_error() = error;
    } else {
      ToProto(trampoline, request.signature, expected.add_items()->mutable_trampoline());
    }
  }
  *expected.mutable_signature() = signature;
  for (const int piece_bytes : {1, 7, 64, 100, 1000, 100000}) {
    std::string bytes(expected.ByteSizeLong() + 1, '?');
    google::protobuf::io::ArrayOutputStream stream(bytes.data(), static_cast<int>(bytes.size()),
                                                   piece_bytes);
    {
      BatchResponseWriter writer(&stream);
      for (const auto& item : expected.items()) {
        const size_t item_bytes =
            item.has_error() ? writer.Add(error) : writer.Add(trampoline, request.signature);
        EXPECT_EQ(item_bytes, item.ByteSizeLong());
      }
      writer.Add(signature);
    }
    bytes.resize(static_cast<size_t>(stream.ByteCount()));
    EXPECT_EQ(bytes, expected.SerializeAsString()) << piece_bytes;
  }
}

}  // namespace
}  // namespace springboard
