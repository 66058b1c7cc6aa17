#ifndef SPRINGBOARD_CLIENT_C_ERROR_H_
#define SPRINGBOARD_CLIENT_C_ERROR_H_

#include <exception>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "client/c/springboard.h"

// The errors of the C ABI. Each of its libraries has this; an error of one is freed by another.

struct springboard_error {
  int code;
  std::string reason;
  std::string field;
  std::string message;
  bool is_permanent = false;  // For when there is no memory for another; never freed.
};

namespace springboard::c {

springboard_error* NewError(const absl::Status& status);
springboard_error* ErrorOf(const std::exception& exception) noexcept;

// What `function` returns, an absl::StatusOr of the same; or nothing, and *error is set. Lets no
// exception out.
template <typename Function>
auto Guarded(springboard_error** error, const Function& function) noexcept ->
    typename decltype(function())::value_type {
  try {
    auto result = function();
    if (result.ok()) return *std::move(result);
    if (error != nullptr) *error = NewError(result.status());
  } catch (const std::exception& exception) {
    if (error != nullptr) *error = ErrorOf(exception);
  }
  return {};
}

absl::Status NullArgument(const char* field);
absl::Status OutOfRange(const char* field, absl::string_view message);

// Whether a caller's struct can be of this size: at most that of a later version.
bool IsSize(size_t size, size_t least);
absl::Status WrongSize(const char* field, const char* rule, size_t size);

}  // namespace springboard::c

#endif  // SPRINGBOARD_CLIENT_C_ERROR_H_
