#ifndef SPRINGBOARD_CLIENT_OBJECT_MACH_O_WRITER_H_
#define SPRINGBOARD_CLIENT_OBJECT_MACH_O_WRITER_H_

#include <string>

#include "absl/status/statusor.h"
#include "client/object/object.h"

namespace springboard {

// The object as a Mach-O file for aarch64-apple, macOS 11 or later (mach-o/loader.h), the same
// bytes for the same object. Symbols have the platform's leading underscore. Each function is an
// atom (MH_SUBSECTIONS_VIA_SYMBOLS): ld -dead_strip leaves out what nothing refers to.
//
// Compact unwind (mach-o/compact_unwind_encoding.h) says of a leaf function all there is to say. Of
// a frame it says nothing about prologue and epilogue, and it saves registers in pairs only, of
// which a trampoline saves one: those have DWARF unwind information, right at every instruction,
// and the compact encoding that refers to it.
//
// Of landing pads a Mach-O object says nothing; the code has them.
//
// Errors: INVALID_ARGUMENT with UNSUPPORTED_TARGET (field "target"), those of CheckObject(), or
// OBJECT_TOO_LARGE for an object of 2 GiB or more. Thread-safe.
absl::StatusOr<std::string> WriteMachO(const Object& object);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_OBJECT_MACH_O_WRITER_H_
