#ifndef SPRINGBOARD_COMMON_TLS_FILES_H_
#define SPRINGBOARD_COMMON_TLS_FILES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace springboard {

// The files of one side of a TLS connection, in PEM. They are read again when they change, within
// two seconds. What belongs together changes at a time only in one file: `certificate` may have the
// key too, and is to be replaced by renaming.
struct TlsFiles {
  std::string certificate;  // A chain, its own first.
  std::string key;          // Of the certificate; empty if it is in the same file.
  std::string authorities;  // Those whose certificates are accepted.

  bool has_any() const { return !certificate.empty() || !key.empty() || !authorities.empty(); }
  const std::string& key_file() const { return key.empty() ? certificate : key; }
};

// How often the files are looked at.
inline constexpr unsigned kTlsRefreshSeconds = 1;

// What the files hold.
struct TlsTexts {
  std::string identity;  // The chain and its key; empty if there is no certificate.
  std::string authorities;
};

// Reads them, if gRPC can use them: it does not say itself. Error, with the file in the message:
// INVALID_ARGUMENT, TLS_FILE (certificate, key or authorities), for one that cannot be read, is not
// what it should be, or does not belong to the other.
absl::StatusOr<TlsTexts> ReadTlsFiles(const TlsFiles& files);

// When the first certificate of a chain, before or behind its key, ends. Error: INVALID_ARGUMENT,
// TLS_FILE (certificate).
absl::StatusOr<absl::Time> CertificateEnd(const std::string& certificate);

// The same errors.
absl::Status CheckTlsFiles(const TlsFiles& files);

}  // namespace springboard

#endif  // SPRINGBOARD_COMMON_TLS_FILES_H_
