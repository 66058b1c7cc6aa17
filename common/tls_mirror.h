#ifndef SPRINGBOARD_COMMON_TLS_MIRROR_H_
#define SPRINGBOARD_COMMON_TLS_MIRROR_H_

#include <functional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/tls_files.h"

namespace springboard {

// Copies of these files, in memory, for gRPC to watch: it would end the process over a key file
// that is empty for a moment, and forget the certificate that it has over one that is not whole.
// Within kTlsRefreshSeconds of a change the copies are those of the files, all at a time, if
// CheckTlsFiles() finds these good; else they stay as they are, and `warn` is given a line, once.
//
// The copies stay until the process ends, one for each set of files that is asked for, as gRPC may
// read them for as long. Starts a thread. Errors: those of CheckTlsFiles(); FAILED_PRECONDITION,
// TLS_FILE, where the system has no memfd_create() or no /proc. Thread-safe.
absl::StatusOr<TlsFiles> MirrorTlsFiles(const TlsFiles& files,
                                        std::function<void(absl::string_view)> warn);

}  // namespace springboard

#endif  // SPRINGBOARD_COMMON_TLS_MIRROR_H_
