#ifndef SPRINGBOARD_SERVER_BATCH_RESPONSE_WRITER_H_
#define SPRINGBOARD_SERVER_BATCH_RESPONSE_WRITER_H_

#include <google/protobuf/io/zero_copy_stream.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "compiler/signature.h"
#include "compiler/trampoline.h"
#include "google/rpc/status.pb.h"
#include "springboard/v1/trampoline_compiler.pb.h"

namespace springboard {

// Encodes a BatchCompileTrampolinesResponse one item after the other: the bytes of each are behind
// those of the last, and none is there as a message but an error. As messages a batch would take
// several times its bytes, in memory that is new to this process each time. Thread-compatible.
class BatchResponseWriter {
 public:
  // Writes to `stream`: all of it by the time that this is destroyed.
  explicit BatchResponseWriter(google::protobuf::io::ZeroCopyOutputStream* stream)
      : stream_(stream) {}
  ~BatchResponseWriter();

  BatchResponseWriter(const BatchResponseWriter&) = delete;
  BatchResponseWriter& operator=(const BatchResponseWriter&) = delete;

  // Adds an item, the trampoline for the signature or why there is none; returns the bytes of its
  // message.
  size_t Add(const Trampoline& trampoline, const Signature& signature);
  size_t Add(const google::rpc::Status& error);
  // Whether the stream has taken all so far. What it has is of no use otherwise.
  bool ok() const { return !has_failed_; }
  // Of all items; after them.
  void Add(const v1::ResponseSignature& signature);

 private:
  // Lets `write` write so many bytes.
  template <typename Write>
  void Append(size_t bytes, const Write& write);
  void CopyInPieces(const std::vector<uint8_t>& bytes);

  google::protobuf::io::ZeroCopyOutputStream* const stream_;
  // What is free of the stream's last piece.
  uint8_t* next_ = nullptr;
  size_t free_bytes_ = 0;
  bool has_failed_ = false;
};

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_BATCH_RESPONSE_WRITER_H_
