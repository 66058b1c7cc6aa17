#ifndef SPRINGBOARD_COMPILER_TRAMPOLINE_H_
#define SPRINGBOARD_COMPILER_TRAMPOLINE_H_

#include <cstdint>
#include <string>

#include "absl/container/inlined_vector.h"
#include "compiler/target.h"

namespace springboard {

// Identifies the code that is generated: the same request and the same version give the same
// bytes on every host. Raised whenever any signature's bytes change.
inline constexpr uint32_t kCodegenVersion = 3;

using CodeBytes = absl::InlinedVector<uint8_t, 128>;

enum class RelocationKind : uint8_t {
  kAbsolute64,  // The callee's address, 8 bytes, little-endian.
};

// Where the callee's address belongs in the code.
struct Relocation {
  RelocationKind kind;
  uint32_t callee_offset_bytes;  // The 8 bytes from here are zero until relocated.

  friend bool operator==(const Relocation& a, const Relocation& b) {
    return a.kind == b.kind && a.callee_offset_bytes == b.callee_offset_bytes;
  }
};

// A compiled trampoline: position-independent but for one relocation. A value type.
struct Trampoline {
  CodeBytes code;
  Relocation relocation;
  uint32_t alignment_bytes;  // Of the code's first byte; a power of two.
  Target target;
  CallerProfile profile;
  uint32_t frame_bytes;  // Stack it takes at the call, without the return address; 0 if tail call.
  bool is_tail_call;
  uint32_t codegen_version;

  friend bool operator==(const Trampoline& a, const Trampoline& b) {
    return a.code == b.code && a.relocation == b.relocation &&
           a.alignment_bytes == b.alignment_bytes && a.target == b.target &&
           a.profile == b.profile && a.frame_bytes == b.frame_bytes &&
           a.is_tail_call == b.is_tail_call && a.codegen_version == b.codegen_version;
  }
};

}  // namespace springboard

#endif  // SPRINGBOARD_COMPILER_TRAMPOLINE_H_
