#ifndef SPRINGBOARD_TESTS_CONFORMANCE_V8_CALLER_NATIVE_CALLEES_H_
#define SPRINGBOARD_TESTS_CONFORMANCE_V8_CALLER_NATIVE_CALLEES_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "client/mapping/code_region.h"
#include "compiler/signature.h"

namespace springboard {

// Callees that clang compiled for x86_64-sysv, to run in this process. They keep their record at
// kRecord, which is mapped for them and stays; so there is one such object in a process at a time.
class NativeCallees {
 public:
  // Errors: those of CompileCallees(), and INTERNAL if the system does not map them.
  static absl::StatusOr<NativeCallees> Load(absl::Span<const Signature> signatures);

  // Of the n-th signature. Lives as long as this object.
  const void* Callee(size_t index) const { return code_->address() + offsets_[index]; }

 private:
  NativeCallees(std::unique_ptr<CodeRegion> code, std::vector<uint64_t> offsets);

  std::unique_ptr<CodeRegion> code_;
  std::vector<uint64_t> offsets_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CONFORMANCE_V8_CALLER_NATIVE_CALLEES_H_
