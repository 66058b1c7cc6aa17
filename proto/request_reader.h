#ifndef SPRINGBOARD_PROTO_REQUEST_READER_H_
#define SPRINGBOARD_PROTO_REQUEST_READER_H_

#include <cstddef>
#include <optional>

#include "absl/strings/string_view.h"
#include "compiler/compile_request.h"

namespace springboard {

// Reads an encoded v1::CompileTrampolineRequest, without making one, if it is good and as encoders
// write it: each field once, in their order, none unknown, and no number of more than a byte,
// which more than 123 parameters need. What protobuf and FromProto() make of it is the same.
// Nothing for all else, good or bad: that is for them.
std::optional<CompileRequest> ReadPlainRequest(absl::string_view bytes, size_t max_parameters);

}  // namespace springboard

#endif  // SPRINGBOARD_PROTO_REQUEST_READER_H_
