#ifndef SPRINGBOARD_TESTS_SUPPORT_HAPROXY_H_
#define SPRINGBOARD_TESTS_SUPPORT_HAPROXY_H_

#include <string>
#include <vector>

#include "tests/support/files.h"

namespace springboard {

// A server behind the proxy.
struct HaproxyServer {
  std::string address;  // As HAProxy has it: "127.0.0.1:7001", "unix@/path".
  int http_port = 0;    // Of its --http_listen, by which the proxy checks it; 0 for no checks.
};

// Where the proxy listens: "127.0.0.1:7080".
struct HaproxyFront {
  std::string plain;
  std::string tls;
};

// A certificate for localhost and its key, in server.pem of the folder. False without openssl.
bool MakeCertificate(const TemporaryFolder& folder);

// The command that runs HAProxy with the configuration of deploy/haproxy, which goes to the folder
// beside its server.pem, with these addresses for those of the file. Empty if the file is not what
// it was. Needs "//deploy/haproxy:haproxy.cfg" as data.
std::vector<std::string> HaproxyCommand(const TemporaryFolder& folder, const HaproxyFront& front,
                                        const std::vector<HaproxyServer>& servers);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_SUPPORT_HAPROXY_H_
