#ifndef SPRINGBOARD_TESTS_FUZZ_PROPERTY_H_
#define SPRINGBOARD_TESTS_FUZZ_PROPERTY_H_

#include <cstdlib>
#include <iostream>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "compiler/error_details.h"

namespace springboard {

// Ends the program, which is how a fuzzer learns of a finding, unless `holds`. `input()` gives
// what a person needs to see the same.
template <typename Input>
void Require(bool holds, absl::string_view property, const Input& input) {
  if (holds) return;
  std::cerr << "violated: " << property << "\n" << input() << std::endl;
  std::abort();
}

// Requires an error of that code, with a reason, that says something.
template <typename Input>
void RequireError(const absl::Status& status, absl::StatusCode code, const Input& input) {
  Require(status.code() == code, "an error has the code that is documented",
          [&] { return status.ToString() + "\n" + input(); });
  const std::optional<ErrorDetails> details = GetErrorDetails(status);
  Require(details.has_value() && !details->reason.empty() && !status.message().empty(),
          "an error has a reason and a message", input);
}

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_FUZZ_PROPERTY_H_
