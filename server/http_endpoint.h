#ifndef SPRINGBOARD_SERVER_HTTP_ENDPOINT_H_
#define SPRINGBOARD_SERVER_HTTP_ENDPOINT_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

struct mg_context;

namespace springboard {

// What plain HTTP is for: GET (and HEAD) /metrics for Prometheus; /healthz, 200 while the server
// serves and 503 before and after; /livez, 200 as long as the process answers. Thread-safe.
class HttpEndpoint {
 public:
  struct Handlers {
    std::function<std::string()> metrics;
    std::function<bool()> is_serving;
  };

  // Listens on host:port, and answers from then on in threads of its own; port 0 takes a free one.
  // The host is an IPv4 address, an IPv6 address in brackets, or localhost. Errors:
  // INVALID_ARGUMENT, if it is none; UNAVAILABLE, with the reason.
  static absl::StatusOr<std::unique_ptr<HttpEndpoint>> Start(const std::string& listen,
                                                             Handlers handlers);

  // The first of these errors, without listening.
  static absl::Status Check(const std::string& listen);

  ~HttpEndpoint();
  HttpEndpoint(const HttpEndpoint&) = delete;
  HttpEndpoint& operator=(const HttpEndpoint&) = delete;

  // With the port that was taken.
  const std::string& address() const { return address_; }

 private:
  explicit HttpEndpoint(Handlers handlers) : handlers_(std::move(handlers)) {}

  const Handlers handlers_;
  mg_context* context_ = nullptr;
  std::string address_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_HTTP_ENDPOINT_H_
