#ifndef SPRINGBOARD_CLIENT_CLI_DISTINCT_FILES_H_
#define SPRINGBOARD_CLIENT_CLI_DISTINCT_FILES_H_

#include <string>
#include <vector>

#include "absl/types/span.h"

namespace springboard {

// A file of `outputs` that is another of them, or one of `inputs`, whatever they are called; empty
// if there is none. Names that are empty are none.
std::string FileNamedTwice(absl::Span<const std::string> outputs,
                           absl::Span<const std::string> inputs);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_CLI_DISTINCT_FILES_H_
