#include "tests/support/http_get.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace springboard {
namespace {

// A connection to 127.0.0.1:PORT, or -1.
int Connect(const std::string& address) {
  const size_t colon = address.rfind(':');
  uint32_t port = 0;
  sockaddr_in to = {};
  if (colon == std::string::npos || !absl::SimpleAtoi(address.substr(colon + 1), &port) ||
      inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr) != 1) {
    return -1;
  }
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(port));
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval timeout = {10, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0) return fd;
  close(fd);
  return -1;
}

}  // namespace

HttpAnswer HttpGet(const std::string& address, const std::string& path, const std::string& method) {
  HttpAnswer answer;
  const int fd = Connect(address);
  if (fd < 0) return answer;
  const std::string request =
      absl::StrCat(method, " ", path, " HTTP/1.1\r\nHost: ", address, "\r\n\r\n");
  std::string text;
  if (send(fd, request.data(), request.size(), MSG_NOSIGNAL) ==
      static_cast<ssize_t>(request.size())) {
    std::array<char, 4096> buffer = {};
    for (ssize_t size = 0; (size = recv(fd, buffer.data(), buffer.size(), 0)) > 0;) {
      text.append(buffer.data(), static_cast<size_t>(size));
    }
  }
  close(fd);
  const size_t end = text.find("\r\n\r\n");
  if (end == std::string::npos || text.size() < 12) return answer;
  answer.head = text.substr(0, end);
  answer.body = text.substr(end + 4);
  if (!absl::SimpleAtoi(text.substr(9, 3), &answer.code)) answer.code = 0;
  return answer;
}

HttpAnswer GetMetrics(const std::string& address) {
  const absl::Time end = absl::Now() + absl::Seconds(10);
  HttpAnswer answer = HttpGet(address, "/metrics");
  while (!absl::StrContains(answer.body, "\nspringboard_running_calls 0\n") && absl::Now() < end) {
    absl::SleepFor(absl::Milliseconds(1));
    answer = HttpGet(address, "/metrics");
  }
  return answer;
}

}  // namespace springboard
