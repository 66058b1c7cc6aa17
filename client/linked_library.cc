#include "client/linked_library.h"

#include <dlfcn.h>

#include "absl/strings/str_cat.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

bool HasZeroByte(const std::string& text) { return text.find('\0') != std::string::npos; }

}  // namespace

absl::StatusOr<SharedLibrary> SharedLibrary::Open(const std::string& path) {
  if (HasZeroByte(path)) {
    return MakeError(absl::StatusCode::kNotFound, reason::kLibraryNotFound, "library",
                     "a library's path has no zero byte");
  }
  void* const handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle != nullptr) return SharedLibrary(handle);
  const char* const reason = dlerror();
  return MakeError(absl::StatusCode::kNotFound, reason::kLibraryNotFound, "library",
                   absl::StrCat("cannot open ", path, ": ", reason != nullptr ? reason : ""));
}

SharedLibrary::~SharedLibrary() {
  if (handle_ != nullptr) dlclose(handle_);
}

LinkedLibrary::LinkedLibrary(SharedLibrary library, std::vector<LinkedFunction> functions)
    : library_(std::move(library)), functions_(std::move(functions)) {
  for (size_t i = 0; i < functions_.size(); ++i) by_name_.emplace(functions_[i].name, i);
}

const LinkedFunction* LinkedLibrary::Find(absl::string_view name) const {
  const auto found = by_name_.find(name);
  return found != by_name_.end() ? &functions_[found->second] : nullptr;
}

const void* SharedLibrary::Find(const std::string& symbol) const {
  // The system would take it for the end, and find another one.
  if (HasZeroByte(symbol)) return nullptr;
  return dlsym(handle_, symbol.c_str());
}

}  // namespace springboard
