#ifndef SPRINGBOARD_CLIENT_PACK_PACK_WRITER_H_
#define SPRINGBOARD_CLIENT_PACK_PACK_WRITER_H_

#include <cstddef>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "compiler/compile_request.h"
#include "compiler/trampoline.h"

namespace springboard {

// Gathers trampolines and writes them as a pack. The file's bytes do not depend on the order.
// Thread-compatible.
class PackWriter {
 public:
  // Adds one, or does nothing if it has it. Error: FAILED_PRECONDITION, VERSION_MISMATCH, if it is
  // of another codegen version than those before it.
  absl::Status Add(const CompileRequest& request, const Trampoline& trampoline);

  size_t size() const { return entries_.size(); }

  std::string ToBytes() const;

  // Replaces the file as a whole, or leaves it as it is. Error: UNAVAILABLE, FILE_REFUSED.
  absl::Status WriteTo(const std::string& path) const;

 private:
  std::map<std::string, Trampoline> entries_;  // By RequestKey().
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_PACK_PACK_WRITER_H_
