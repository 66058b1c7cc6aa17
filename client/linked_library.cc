#include "client/linked_library.h"

#include <dlfcn.h>

#include "absl/strings/str_cat.h"
#include "compiler/error_details.h"

namespace springboard {

absl::StatusOr<SharedLibrary> SharedLibrary::Open(const std::string& path) {
  void* const handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle != nullptr) return SharedLibrary(handle);
  const char* const reason = dlerror();
  return MakeError(absl::StatusCode::kNotFound, reason::kLibraryNotFound, "library",
                   absl::StrCat("cannot open ", path, ": ", reason != nullptr ? reason : ""));
}

SharedLibrary::~SharedLibrary() {
  if (handle_ != nullptr) dlclose(handle_);
}

const void* SharedLibrary::Find(const std::string& symbol) const {
  return dlsym(handle_, symbol.c_str());
}

}  // namespace springboard
