#ifndef SPRINGBOARD_CLIENT_OBJECT_MAKE_OBJECT_H_
#define SPRINGBOARD_CLIENT_OBJECT_MAKE_OBJECT_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/object/object.h"
#include "compiler/trampoline.h"

namespace springboard {

// What a function of an object begins with.
enum class Landing : uint8_t {
  kNone,
  kPad,  // endbr64 or bti c: where indirect branches may land.
};

// The function `name` that does what the trampoline does, and branches to `callee` directly: the
// load of the callee's address is gone, and so is its slot. The trampoline's code is to be proven
// already, see CheckCode(). Error: INVALID_ARGUMENT, MALFORMED_CODE, for code that has no one load
// of the callee's address and no one branch to it. Thread-safe.
absl::StatusOr<ObjectFunction> MakeObjectFunction(const Trampoline& trampoline,
                                                  absl::string_view name, absl::string_view callee,
                                                  Landing landing);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_OBJECT_MAKE_OBJECT_H_
