#ifndef SPRINGBOARD_CLIENT_OBJECT_WRITE_OBJECT_H_
#define SPRINGBOARD_CLIENT_OBJECT_WRITE_OBJECT_H_

#include <string>

#include "absl/status/statusor.h"
#include "client/object/object.h"

namespace springboard {

// The object in the format of its target's linkers: ELF, COFF or Mach-O. Errors: those of the
// format's writer. Thread-safe.
absl::StatusOr<std::string> WriteObject(const Object& object);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_OBJECT_WRITE_OBJECT_H_
