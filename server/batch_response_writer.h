#ifndef SPRINGBOARD_SERVER_BATCH_RESPONSE_WRITER_H_
#define SPRINGBOARD_SERVER_BATCH_RESPONSE_WRITER_H_

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream.h>

#include <cstddef>

#include "springboard/v1/trampoline_compiler.pb.h"

namespace springboard {

// Encodes a BatchCompileTrampolinesResponse one item after the other: the bytes of each are behind
// those of the last, and no more than one item is there as a message. As messages a batch would
// take several times its bytes, in memory that is new to this process each time. Thread-compatible.
class BatchResponseWriter {
 public:
  // Writes to `stream`, all of it by the time that this is destroyed.
  explicit BatchResponseWriter(google::protobuf::io::ZeroCopyOutputStream* stream)
      : output_(stream) {}

  // Adds an item; returns the bytes of its message.
  size_t Add(const v1::BatchCompileTrampolinesResponse::Item& item);
  // Of all items; after them.
  void Add(const v1::ResponseSignature& signature);

 private:
  size_t AddMessage(int field, const google::protobuf::MessageLite& message);

  google::protobuf::io::CodedOutputStream output_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_BATCH_RESPONSE_WRITER_H_
