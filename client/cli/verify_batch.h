#ifndef SPRINGBOARD_CLIENT_CLI_VERIFY_BATCH_H_
#define SPRINGBOARD_CLIENT_CLI_VERIFY_BATCH_H_

#include <cstddef>
#include <cstdint>
#include <istream>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "compiler/signature.h"
#include "compiler/target.h"

namespace springboard {

// Code as it is given on a command line or in a file.
struct CodeText {
  Signature signature;
  Target target;
  uint32_t callee_offset_bytes;
  std::string code;
};

// Error: INVALID_ARGUMENT, with its reason and field, if a part is no such thing.
absl::StatusOr<CodeText> ParseCode(absl::string_view target, absl::string_view signature,
                                   absl::string_view callee_offset, absl::string_view hex);

// What Verify() says of it, in one line: empty if it is proven.
std::string VerifyText(const CodeText& code, CallerProfile profile, uint32_t alignment_bytes);

struct VerifyCounts {
  size_t lines = 0;
  size_t rejected = 0;
};

// Reads lines TARGET<TAB>SIGNATURE<TAB>CALLEE_OFFSET<TAB>HEX and writes each again with <TAB>ok or
// <TAB>reject<TAB>REASON behind it; a line that is none is rejected. Error: DATA_LOSS if the output
// fails; whether the input did, BatchFile::Finish() tells.
absl::StatusOr<VerifyCounts> VerifyBatch(std::istream& input, std::ostream& output,
                                         CallerProfile profile, uint32_t alignment_bytes);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_CLI_VERIFY_BATCH_H_
