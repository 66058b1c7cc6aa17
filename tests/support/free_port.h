#ifndef SPRINGBOARD_TESTS_SUPPORT_FREE_PORT_H_
#define SPRINGBOARD_TESTS_SUPPORT_FREE_PORT_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace springboard {

// A port of 127.0.0.1 that nobody has now; 0 if there is none.
inline int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  const bool is_good = bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                       getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(fd);
  return is_good ? ntohs(address.sin_port) : 0;
}

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_SUPPORT_FREE_PORT_H_
