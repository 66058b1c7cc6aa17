#include "tests/soak/rotating_certificate.h"

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "tests/support/subprocess.h"

namespace springboard {

RotatingCertificate::RotatingCertificate() {
  is_good_ = WriteFile(folder_.File("names"), "subjectAltName=IP:127.0.0.1") &&
             OpenSsl(
                 "req -x509 -days 30 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
                 "-subj /CN=authority -keyout authority.key -out authority.crt");
  for (int i = 0; i < kCertificates; ++i) is_good_ = is_good_ && Issue(i);
  is_good_ = is_good_ && Rotate();
}

bool RotatingCertificate::Rotate() {
  current_ = (current_ + 1) % kCertificates;
  const std::string next = folder_.File("next.pem");
  return WriteFile(next, ReadFile(folder_.File(absl::StrCat(current_, ".pem")))) &&
         std::rename(next.c_str(), path().c_str()) == 0;
}

bool RotatingCertificate::OpenSsl(const std::string& arguments) const {
  const ProcessResult result = RunProgram(
      {"/bin/sh", "-c", absl::StrCat("cd ", folder_.File(""), " && openssl ", arguments)});
  return result.exit_code == 0;
}

bool RotatingCertificate::Issue(int number) const {
  return OpenSsl(absl::StrCat("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=",
                              number, " -keyout key -out request")) &&
         OpenSsl(absl::StrCat("x509 -req -days 30 -in request -CA authority.crt -CAkey "
                              "authority.key -CAcreateserial -extfile names -out certificate")) &&
         WriteFile(folder_.File(absl::StrCat(number, ".pem")),
                   ReadFile(folder_.File("certificate")) + ReadFile(folder_.File("key")));
}

}  // namespace springboard
