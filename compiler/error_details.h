#ifndef SPRINGBOARD_COMPILER_ERROR_DETAILS_H_
#define SPRINGBOARD_COMPILER_ERROR_DETAILS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace springboard {

// Stable names of what was wrong. They are an API: programs branch on them, they travel as
// google.rpc.ErrorInfo.reason, and a name never changes its meaning.
namespace reason {
inline constexpr absl::string_view kMalformedMessage = "MALFORMED_MESSAGE";
inline constexpr absl::string_view kMalformedSignature = "MALFORMED_SIGNATURE";
inline constexpr absl::string_view kUnknownType = "UNKNOWN_TYPE";
inline constexpr absl::string_view kVoidParameter = "VOID_PARAMETER";
inline constexpr absl::string_view kTooManyParameters = "TOO_MANY_PARAMETERS";
inline constexpr absl::string_view kCanCallback = "CAN_CALLBACK";
inline constexpr absl::string_view kUnknownTarget = "UNKNOWN_TARGET";
inline constexpr absl::string_view kUnknownProfile = "UNKNOWN_PROFILE";
inline constexpr absl::string_view kAmbiguousBatch = "AMBIGUOUS_BATCH";
inline constexpr absl::string_view kBatchTooLarge = "BATCH_TOO_LARGE";
inline constexpr absl::string_view kResponseTooLarge = "RESPONSE_TOO_LARGE";
inline constexpr absl::string_view kTooManyCalls = "TOO_MANY_CALLS";
inline constexpr absl::string_view kTooManyCallsOfClient = "TOO_MANY_CALLS_OF_CLIENT";
inline constexpr absl::string_view kTooManyAnswerBytes = "TOO_MANY_ANSWER_BYTES";
inline constexpr absl::string_view kCompilerDefect = "COMPILER_DEFECT";
inline constexpr absl::string_view kWrongTarget = "WRONG_TARGET";
inline constexpr absl::string_view kUnknownRelocation = "UNKNOWN_RELOCATION";
inline constexpr absl::string_view kCalleeOffsetOutOfRange = "CALLEE_OFFSET_OUT_OF_RANGE";
inline constexpr absl::string_view kMalformedCode = "MALFORMED_CODE";
inline constexpr absl::string_view kCodeRejected = "CODE_REJECTED";
inline constexpr absl::string_view kMappingRefused = "MAPPING_REFUSED";
inline constexpr absl::string_view kNoSuchWay = "NO_SUCH_WAY";
inline constexpr absl::string_view kArenaFull = "ARENA_FULL";
inline constexpr absl::string_view kOutOfMemory = "OUT_OF_MEMORY";
inline constexpr absl::string_view kNullCallee = "NULL_CALLEE";
inline constexpr absl::string_view kCalleeFixed = "CALLEE_FIXED";
inline constexpr absl::string_view kSignatureNotInTable = "SIGNATURE_NOT_IN_TABLE";
inline constexpr absl::string_view kStaticTableFull = "STATIC_TABLE_FULL";
inline constexpr absl::string_view kWrongTable = "WRONG_TABLE";
inline constexpr absl::string_view kMalformedTable = "MALFORMED_TABLE";
inline constexpr absl::string_view kFileRefused = "FILE_REFUSED";
inline constexpr absl::string_view kNotAnIdentifier = "NOT_AN_IDENTIFIER";
inline constexpr absl::string_view kUnsupportedTarget = "UNSUPPORTED_TARGET";
inline constexpr absl::string_view kMalformedResponse = "MALFORMED_RESPONSE";
inline constexpr absl::string_view kVersionMismatch = "VERSION_MISMATCH";
inline constexpr absl::string_view kCircuitOpen = "CIRCUIT_OPEN";
inline constexpr absl::string_view kNoSource = "NO_SOURCE";
inline constexpr absl::string_view kNoServers = "NO_SERVERS";
inline constexpr absl::string_view kMalformedPolicy = "MALFORMED_POLICY";
inline constexpr absl::string_view kAccessWithoutTls = "ACCESS_WITHOUT_TLS";
inline constexpr absl::string_view kTlsFile = "TLS_FILE";
inline constexpr absl::string_view kSigningKey = "SIGNING_KEY";
inline constexpr absl::string_view kWrongResponseSignature = "WRONG_RESPONSE_SIGNATURE";
inline constexpr absl::string_view kInsecureAddress = "INSECURE_ADDRESS";
inline constexpr absl::string_view kMalformedAddress = "MALFORMED_ADDRESS";
inline constexpr absl::string_view kNullArgument = "NULL_ARGUMENT";
inline constexpr absl::string_view kWrongStructSize = "WRONG_STRUCT_SIZE";
inline constexpr absl::string_view kOutOfRange = "OUT_OF_RANGE";
inline constexpr absl::string_view kMalformedPack = "MALFORMED_PACK";
inline constexpr absl::string_view kNotInPack = "NOT_IN_PACK";
inline constexpr absl::string_view kMalformedSymbolTable = "MALFORMED_SYMBOL_TABLE";
inline constexpr absl::string_view kUnsupportedSymbol = "UNSUPPORTED_SYMBOL";
inline constexpr absl::string_view kMalformedManifest = "MALFORMED_MANIFEST";
inline constexpr absl::string_view kManifestTooLarge = "MANIFEST_TOO_LARGE";
inline constexpr absl::string_view kDuplicateSymbol = "DUPLICATE_SYMBOL";
inline constexpr absl::string_view kWrongDump = "WRONG_DUMP";
inline constexpr absl::string_view kNoFaults = "NO_FAULTS";
inline constexpr absl::string_view kLibraryNotFound = "LIBRARY_NOT_FOUND";
inline constexpr absl::string_view kSymbolNotFound = "SYMBOL_NOT_FOUND";
inline constexpr absl::string_view kObjectTooLarge = "OBJECT_TOO_LARGE";
}  // namespace reason

// Somebody else's text for a message or a log: on one line, ASCII, with everything else escaped,
// and cut at 1000 bytes.
std::string Shown(absl::string_view text);

// What an error carries beside its code and message.
struct ErrorDetails {
  std::string reason;  // One of the names above.
  std::string field;   // Path of the offending field, "signature.parameters[3]"; may be empty.
};

// A status whose details GetErrorDetails() gives back.
absl::Status MakeError(absl::StatusCode code, absl::string_view reason, absl::string_view field,
                       absl::string_view message);

// The details of a status made by MakeError() or received from a server; nothing for others.
std::optional<ErrorDetails> GetErrorDetails(const absl::Status& status);

// `status` with `prefix` put before its field path: "signature" and "result" give
// "signature.result". A status without details is returned as it is.
absl::Status WithFieldPrefix(const absl::Status& status, absl::string_view prefix);

// `status`, with how long to wait before the same is asked again; and that, in whole milliseconds.
absl::Status WithRetryDelay(const absl::Status& status, absl::Duration delay);
std::optional<absl::Duration> GetRetryDelay(const absl::Status& status);

}  // namespace springboard

#endif  // SPRINGBOARD_COMPILER_ERROR_DETAILS_H_
