#include "server/batch_response_writer.h"

#include <algorithm>
#include <cstring>

#include "proto/trampoline_writer.h"

namespace springboard {
namespace {

using Response = v1::BatchCompileTrampolinesResponse;

}  // namespace

BatchResponseWriter::~BatchResponseWriter() {
  if (free_bytes_ > 0) stream_->BackUp(static_cast<int>(free_bytes_));
}

size_t BatchResponseWriter::Add(const Trampoline& trampoline, const Signature& signature) {
  const TrampolineWriter writer(trampoline, signature);
  const size_t item_bytes = FieldBytes(writer.bytes());
  Append(FieldBytes(item_bytes), [&](uint8_t* to) {
    to = WriteFieldHeader(Response::kItemsFieldNumber, item_bytes, to);
    to = WriteFieldHeader(Response::Item::kTrampolineFieldNumber, writer.bytes(), to);
    writer.Write(to);
  });
  return item_bytes;
}

size_t BatchResponseWriter::Add(const google::rpc::Status& error) {
  // Looks at all of it, and keeps what serializing needs to know of its parts.
  const size_t error_bytes = error.ByteSizeLong();
  const size_t item_bytes = FieldBytes(error_bytes);
  Append(FieldBytes(item_bytes), [&](uint8_t* to) {
    to = WriteFieldHeader(Response::kItemsFieldNumber, item_bytes, to);
    to = WriteFieldHeader(Response::Item::kErrorFieldNumber, error_bytes, to);
    error.SerializeWithCachedSizesToArray(to);
  });
  return item_bytes;
}

void BatchResponseWriter::Add(const v1::ResponseSignature& signature) {
  const size_t signature_bytes = signature.ByteSizeLong();
  Append(FieldBytes(signature_bytes), [&](uint8_t* to) {
    to = WriteFieldHeader(Response::kSignatureFieldNumber, signature_bytes, to);
    signature.SerializeWithCachedSizesToArray(to);
  });
}

template <typename Write>
void BatchResponseWriter::Append(size_t bytes, const Write& write) {
  if (bytes <= free_bytes_) {
    write(next_);
    next_ += bytes;
    free_bytes_ -= bytes;
    return;
  }
  std::vector<uint8_t> copy(bytes);
  write(copy.data());
  CopyInPieces(copy);
}

void BatchResponseWriter::CopyInPieces(const std::vector<uint8_t>& bytes) {
  size_t copied = 0;
  while (copied < bytes.size()) {
    if (free_bytes_ == 0) {
      void* piece = nullptr;
      int piece_bytes = 0;
      if (!stream_->Next(&piece, &piece_bytes)) {
        has_failed_ = true;
        return;
      }
      next_ = static_cast<uint8_t*>(piece);
      free_bytes_ = static_cast<size_t>(piece_bytes);
    }
    const size_t part = std::min(free_bytes_, bytes.size() - copied);
    std::memcpy(next_, bytes.data() + copied, part);
    copied += part;
    next_ += part;
    free_bytes_ -= part;
  }
}

}  // namespace springboard
