#ifndef SPRINGBOARD_TESTS_SUPPORT_HTTP_GET_H_
#define SPRINGBOARD_TESTS_SUPPORT_HTTP_GET_H_

#include <string>

namespace springboard {

// What an HTTP server answered.
struct HttpAnswer {
  int code = 0;  // 0, if there was no answer.
  std::string head;
  std::string body;
};

// Asks `address`, 127.0.0.1:PORT, in HTTP/1.1 and takes all until it closes the connection; gives
// up after 10 s.
HttpAnswer HttpGet(const std::string& address, const std::string& path,
                   const std::string& method = "GET");

// The metrics of the server whose HTTP address this is, once no call runs: calls are counted after
// their answers have been sent. As they are after 10 s, if some still do.
HttpAnswer GetMetrics(const std::string& address);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_SUPPORT_HTTP_GET_H_
