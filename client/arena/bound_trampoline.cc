#include "client/arena/bound_trampoline.h"

#include "client/arena/code_registry.h"
#include "client/arena/link_error.h"

namespace springboard {

void BoundTrampoline::Release() {
  const NoCancellation no_cancellation;
  CodeRegistry::Get().Release(entry_);
}

absl::Status BoundTrampoline::Repoint(const void* callee) {
  return WithoutThrowing([&]() -> absl::Status {
    if (callee == nullptr) return NullCallee();
    if (entry_ == nullptr) return CalleeFixed();
    return CodeRegistry::Get().Repoint(entry_, callee);
  });
}

}  // namespace springboard
