#ifndef SPRINGBOARD_TESTS_CLIENT_MANIFEST_MANIFEST_TEXT_H_
#define SPRINGBOARD_TESTS_CLIENT_MANIFEST_MANIFEST_TEXT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/manifest/manifest.h"
#include "compiler/error_details.h"
#include "compiler/target.h"

namespace springboard {

// A line for each symbol, as tests expect them:
// "stubs.textproto:3 pow f64(f64,f64) v8-10 x86_64-sysv,aarch64-linux".
inline std::vector<std::string> Lines(const Manifest& manifest) {
  std::vector<std::string> lines;
  for (const ManifestSymbol& symbol : manifest.symbols) {
    lines.push_back(
        absl::StrCat(symbol.origin, " ", symbol.name, " ", symbol.signature.ToString(), " ",
                     Info(symbol.profile).name, " ",
                     symbol.targets.empty()
                         ? "any"
                         : absl::StrJoin(symbol.targets, ",", [](std::string* out, Target target) {
                             absl::StrAppend(out, ToString(target));
                           })));
  }
  return lines;
}

// "UNKNOWN_TYPE at stubs.textproto:3: symbol[0].signature.result: a type is one of ...".
inline std::string ErrorText(const absl::Status& status) {
  const ErrorDetails details = GetErrorDetails(status).value_or(ErrorDetails{});
  return absl::StrCat(details.reason, " at ", details.field, ": ", status.message());
}

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CLIENT_MANIFEST_MANIFEST_TEXT_H_
