#ifndef SPRINGBOARD_SERVER_REQUEST_ID_H_
#define SPRINGBOARD_SERVER_REQUEST_ID_H_

#include <grpcpp/support/string_ref.h>

#include <map>
#include <string>

#include "absl/strings/string_view.h"

namespace springboard {

// Whether a client's name for a request is passed on: 1 to 128 characters of A-Z a-z 0-9 . _ : / +
// = -
bool IsRequestId(absl::string_view text);

// The key of the metadata that says which request a call is of: the client's, or ours.
inline constexpr char kRequestIdKey[] = "x-request-id";

// The client's name for the request of a call, from the call's metadata; empty if it has none, or
// one that is not passed on.
std::string RequestIdOf(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata);

// 16 hexadecimal digits, others each time. Thread-safe.
std::string MakeRequestId();

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_REQUEST_ID_H_
