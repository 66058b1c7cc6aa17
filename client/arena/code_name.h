#ifndef SPRINGBOARD_CLIENT_ARENA_CODE_NAME_H_
#define SPRINGBOARD_CLIENT_ARENA_CODE_NAME_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "compiler/signature.h"

namespace springboard {

// What tools call a trampoline: "springboard u64(u8,i16,buffer)".
inline std::string CodeName(const Signature& signature) {
  return absl::StrCat("springboard ", signature.ToString());
}

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_ARENA_CODE_NAME_H_
