#ifndef SPRINGBOARD_CLIENT_OBJECT_COFF_WRITER_H_
#define SPRINGBOARD_CLIENT_OBJECT_COFF_WRITER_H_

#include <string>

#include "absl/status/statusor.h"
#include "client/object/object.h"

namespace springboard {

// The object as a COFF file for x86_64-windows or aarch64-windows (Microsoft, "PE Format"), the
// same bytes for the same object.
//
// Each function is a COMDAT section of its own, with its unwind information associated: that alone
// lets link.exe /OPT:REF leave out what nothing refers to. Callees are undefined symbols, which the
// linker resolves to functions or import thunks. Objects of more than 65,279 sections are written
// as with cl /bigobj.
//
// Of landing pads a COFF object says nothing: an image is marked for CET by link.exe /CETCOMPAT
// alone. @feat.00 says that /guard:cf and /guard:ehcont find all there is to know: no function's
// address is taken here, no call is indirect, no exception handler continues here.
//
// Errors: INVALID_ARGUMENT with UNSUPPORTED_TARGET (field "target"), those of CheckObject(),
// MALFORMED_CODE (field "functions[3].rows") for a frame that Windows has no unwind codes for, or
// OBJECT_TOO_LARGE for an object of 2 GiB or more. Thread-safe.
absl::StatusOr<std::string> WriteCoff(const Object& object);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_OBJECT_COFF_WRITER_H_
