#ifndef SPRINGBOARD_CLIENT_OBJECT_ELF_WRITER_H_
#define SPRINGBOARD_CLIENT_OBJECT_ELF_WRITER_H_

#include <string>

#include "absl/status/statusor.h"
#include "client/object/object.h"

namespace springboard {

// The object as a relocatable ELF file for x86_64-sysv or aarch64-linux (System V gABI, with the
// psABIs' relocations), the same bytes for the same object.
//
// Each function is a section .text.NAME of its own, which linkers leave out with --gc-sections if
// nothing refers to it, and in which unwind information is right at every instruction. Callees are
// undefined symbols, to which branches go through the PLT or a veneer if the linker finds them out
// of reach. The stack stays non-executable. With landing pads a property note says so, IBT and
// SHSTK or BTI; without them there is none.
//
// Errors: INVALID_ARGUMENT with UNSUPPORTED_TARGET (field "target"), those of CheckObject(), or
// OBJECT_TOO_LARGE if names or unwind information would take 4 GiB or more. Thread-safe.
absl::StatusOr<std::string> WriteElf(const Object& object);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_OBJECT_ELF_WRITER_H_
