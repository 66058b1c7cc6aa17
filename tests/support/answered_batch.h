#ifndef SPRINGBOARD_TESTS_SUPPORT_ANSWERED_BATCH_H_
#define SPRINGBOARD_TESTS_SUPPORT_ANSWERED_BATCH_H_

#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "server/request_handler.h"

namespace springboard {

// handler.Answer() of a batch, as the message that a client makes of what is sent. Error: INTERNAL
// too, if that is none.
inline absl::Status AnswerBatch(const RequestHandler& handler,
                                const v1::BatchCompileTrampolinesRequest& request,
                                const std::function<bool()>& is_cancelled,
                                v1::BatchCompileTrampolinesResponse* response, Work* work) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    absl::Status status = handler.Answer(request, is_cancelled, &stream, work);
    if (!status.ok()) return status;
  }
  return response->ParseFromString(bytes) ? absl::OkStatus()
                                          : absl::InternalError("the answer is no message");
}

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_SUPPORT_ANSWERED_BATCH_H_
