#include "client/arena/link_error.h"

#include "absl/strings/str_cat.h"
#include "client/arena/refusal.h"
#include "compiler/error_details.h"

namespace springboard {

absl::Status NullCallee() {
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kNullCallee, "callee",
                   "a callee is the address of a function; got null");
}

absl::Status CalleeFixed() {
  return MakeError(absl::StatusCode::kFailedPrecondition, reason::kCalleeFixed, "",
                   "the callee of this trampoline cannot change: its code is sealed; link another, "
                   "or use an arena of the way dual or static-table");
}

absl::Status ArenaFull() {
  return MakeError(absl::StatusCode::kResourceExhausted, reason::kArenaFull, "",
                   "what the arena reserved is used up, and after a reservation it asks the system "
                   "for no more: reserve more bytes, or link more trampolines at once");
}

absl::Status MappingRefused(const MappingError& error, const std::string& directory) {
  return MakeError(absl::StatusCode::kUnavailable, reason::kMappingRefused, "",
                   absl::StrCat("the system does not map code: ", Explain(error, directory)));
}

absl::Status OutOfMemory() noexcept {
  try {
    return MakeError(absl::StatusCode::kResourceExhausted, reason::kOutOfMemory, "",
                     "there is no memory left");
  } catch (const std::exception&) {
    // A status without a message needs none.
    return absl::Status(absl::StatusCode::kResourceExhausted, "");
  }
}

}  // namespace springboard
