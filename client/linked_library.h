#ifndef SPRINGBOARD_CLIENT_LINKED_LIBRARY_H_
#define SPRINGBOARD_CLIENT_LINKED_LIBRARY_H_

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/arena/bound_trampoline.h"
#include "compiler/fast_api.h"
#include "compiler/signature.h"

namespace springboard {

// A function of a library that is to be linked.
struct SymbolRequest {
  std::string name;
  Signature signature;
  std::string symbol = "";   // What the library calls it, if not `name`.
  bool is_optional = false;  // Left out if the library does not have it.
};

struct LinkedFunction {
  std::string name;
  Signature signature;
  FastApiTemplate fast_api;  // For its v8::CFunctionInfo.
  const void* callee;        // For its slow call.
  BoundTrampoline trampoline;
};

// An open library, until destruction. Owns a reference as dlopen() gives it. Move-only.
class SharedLibrary {
 public:
  // Error: NOT_FOUND, LIBRARY_NOT_FOUND (library).
  static absl::StatusOr<SharedLibrary> Open(const std::string& path);

  SharedLibrary(SharedLibrary&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  SharedLibrary& operator=(SharedLibrary&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~SharedLibrary();

  // Null if there is none of the name.
  const void* Find(const std::string& symbol) const;

 private:
  explicit SharedLibrary(void* handle) : handle_(handle) {}

  void* handle_;
};

// A library and trampolines to functions of it, which are released together. Move-only.
class LinkedLibrary {
 public:
  LinkedLibrary(SharedLibrary library, std::vector<LinkedFunction> functions);

  // In the order of their requests.
  const std::vector<LinkedFunction>& functions() const { return functions_; }

  // Null if there is none of the name.
  const LinkedFunction* Find(absl::string_view name) const;

 private:
  SharedLibrary library_;
  // After the library: trampolines go before what they call.
  std::vector<LinkedFunction> functions_;
  std::map<absl::string_view, size_t> by_name_;  // Into functions_.
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_LINKED_LIBRARY_H_
