#ifndef SPRINGBOARD_TESTS_SOAK_ROTATING_CERTIFICATE_H_
#define SPRINGBOARD_TESTS_SOAK_ROTATING_CERTIFICATE_H_

#include <string>

#include "tests/support/files.h"

namespace springboard {

// A server's certificate with its key, for 127.0.0.1, that is replaced by another of the same
// authority. Thread-compatible.
class RotatingCertificate {
 public:
  static constexpr int kCertificates = 4;  // In turn.

  // Whether openssl could make them.
  bool is_good() const { return is_good_; }

  // What the server reads, and its clients.
  std::string path() const { return folder_.File("server.pem"); }
  std::string authority() const { return folder_.File("authority.crt"); }

  RotatingCertificate();

  // Puts the next in its place. False if it could not be.
  bool Rotate();

 private:
  // Whether openssl did it.
  bool OpenSsl(const std::string& arguments) const;
  bool Issue(int number) const;

  const TemporaryFolder folder_;
  int current_ = 0;
  bool is_good_ = false;
};

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_SOAK_ROTATING_CERTIFICATE_H_
