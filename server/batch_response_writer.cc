#include "server/batch_response_writer.h"

#include <cstdint>

namespace springboard {

size_t BatchResponseWriter::Add(const v1::BatchCompileTrampolinesResponse::Item& item) {
  return AddMessage(v1::BatchCompileTrampolinesResponse::kItemsFieldNumber, item);
}

void BatchResponseWriter::Add(const v1::ResponseSignature& signature) {
  AddMessage(v1::BatchCompileTrampolinesResponse::kSignatureFieldNumber, signature);
}

size_t BatchResponseWriter::AddMessage(int field, const google::protobuf::MessageLite& message) {
  constexpr uint32_t kLengthDelimited = 2;
  // Looks at all of it, and keeps what serializing needs to know of its parts.
  const size_t bytes = message.ByteSizeLong();
  output_.WriteTag(static_cast<uint32_t>(field) << 3 | kLengthDelimited);
  output_.WriteVarint32(static_cast<uint32_t>(bytes));
  message.SerializeWithCachedSizes(&output_);
  return bytes;
}

}  // namespace springboard
