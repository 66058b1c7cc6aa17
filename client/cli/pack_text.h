#ifndef SPRINGBOARD_CLIENT_CLI_PACK_TEXT_H_
#define SPRINGBOARD_CLIENT_CLI_PACK_TEXT_H_

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "client/pack/pack.h"
#include "compiler/compile_request.h"

namespace springboard {

// Places in the index, by target, profile and signature. Error: that of the first entry which is
// damaged.
absl::StatusOr<std::vector<size_t>> SortedEntries(const Pack& pack);

// A line about the whole, a heading, and a line for each entry: target, profile, signature, bytes
// of code, bytes of frame ("-" for a tail call) and digest. Errors: those of Pack::Entry() and
// RequestOf(), before anything is written.
absl::Status PrintPackTable(const Pack& pack, std::ostream& output);

// The same as a JSON object, in which each entry has a line.
absl::Status PrintPackJson(const Pack& pack, std::ostream& output);

// The entries of a pack for these requests: where each argument is, the code and its disassembly;
// or a JSON array with the object of `springboard compile --format=json` for each. Errors: those of
// Pack::Find(); INVALID_ARGUMENT if the code cannot be disassembled.
absl::StatusOr<std::string> PackEntriesText(const Pack& pack,
                                            absl::Span<const CompileRequest> requests);
absl::StatusOr<std::string> PackEntriesJson(const Pack& pack,
                                            absl::Span<const CompileRequest> requests);

// "3 entries, codegen version 1, format 2, 1024 bytes, sha256 6b05...". See CheckPackDigest().
std::string PackSummary(const Pack& pack);

// "x86_64-sysv  v8-10  f64(f64)".
std::string EntryName(const CompileRequest& request);

// "14 bytes, tail call", "52 bytes, frame of 24".
std::string EntrySize(const PackEntry& entry);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_CLI_PACK_TEXT_H_
