#include "client/c/error.h"

#include <new>

#include "absl/strings/str_cat.h"
#include "compiler/error_details.h"

namespace springboard::c {
namespace {

// Made when the library is loaded.
springboard_error* const kNoMemory = new springboard_error{
    SPRINGBOARD_RESOURCE_EXHAUSTED, "OUT_OF_MEMORY", "", "there is no memory left", true};

}  // namespace

springboard_error* NewError(const absl::Status& status) {
  const auto details = GetErrorDetails(status).value_or(ErrorDetails{});
  return new springboard_error{static_cast<int>(status.code()), details.reason, details.field,
                               std::string(status.message())};
}

springboard_error* ErrorOf(const std::exception& exception) noexcept {
  if (dynamic_cast<const std::bad_alloc*>(&exception) != nullptr) return kNoMemory;
  try {
    return NewError(absl::InternalError(exception.what()));
  } catch (const std::exception&) {
    return kNoMemory;
  }
}

absl::Status NullArgument(const char* field) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kNullArgument, field,
                   absl::StrCat(field, " must not be NULL"));
}

absl::Status OutOfRange(const char* field, absl::string_view message) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kOutOfRange, field, message);
}

bool IsSize(size_t size, size_t least) { return size >= least && size <= 4096; }

absl::Status WrongSize(const char* field, const char* rule, size_t size) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kWrongStructSize, field,
                   absl::StrCat(rule, "; got a struct_size of ", size));
}

}  // namespace springboard::c

int springboard_error_code(const springboard_error* error) {
  return error != nullptr ? error->code : 0;
}
const char* springboard_error_reason(const springboard_error* error) {
  return error != nullptr ? error->reason.c_str() : "";
}
const char* springboard_error_field(const springboard_error* error) {
  return error != nullptr ? error->field.c_str() : "";
}
const char* springboard_error_message(const springboard_error* error) {
  return error != nullptr ? error->message.c_str() : "";
}
void springboard_error_free(springboard_error* error) {
  if (error != nullptr && !error->is_permanent) delete error;
}
