#ifndef SPRINGBOARD_CLIENT_OBJECT_OBJECT_CHECK_H_
#define SPRINGBOARD_CLIENT_OBJECT_OBJECT_CHECK_H_

#include "absl/status/status.h"
#include "client/object/object.h"

namespace springboard {

// What every format's writer relies on: names that a symbol table can hold, in order and each once;
// branches that are branches; rows inside the code and in order. Error: INVALID_ARGUMENT with
// NOT_AN_IDENTIFIER, OUT_OF_RANGE or MALFORMED_CODE and the field, "functions[3].name".
absl::Status CheckObject(const Object& object);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_OBJECT_OBJECT_CHECK_H_
