#include "client/object/write_object.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/object/coff_writer.h"
#include "client/object/elf_writer.h"
#include "client/object/mach_o_writer.h"
#include "compiler/error_details.h"

namespace springboard {

absl::StatusOr<std::string> WriteObject(const Object& object) {
  switch (object.target) {
    case Target::kX64SystemV:
    case Target::kA64Linux:
      return WriteElf(object);
    case Target::kX64Windows:
    case Target::kA64Windows:
      return WriteCoff(object);
    case Target::kA64Apple:
      return WriteMachO(object);
  }
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kUnsupportedTarget, "target",
                   absl::StrCat("no format of objects is known for ", ToString(object.target)));
}

}  // namespace springboard
