#include "server/http_endpoint.h"

#include <civetweb.h>

#include <array>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace springboard {
namespace {

constexpr char kText[] = "text/plain; charset=utf-8";
constexpr char kMetricsText[] = "text/plain; version=0.0.4; charset=utf-8";

int Answer(mg_connection* connection, int code, absl::string_view type, absl::string_view body) {
  const absl::string_view reason = mg_get_response_code_text(connection, code);
  const std::string head = absl::StrCat("HTTP/1.1 ", code, " ", reason, "\r\nContent-Type: ", type,
                                        "\r\nContent-Length: ", body.size(),
                                        "\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n");
  mg_write(connection, head.data(), head.size());
  if (absl::string_view(mg_get_request_info(connection)->request_method) != "HEAD") {
    mg_write(connection, body.data(), body.size());
  }
  return code;
}

// The one handler: civetweb's own would take /metrics/x for /metrics.
int Handle(mg_connection* connection, void* data) {
  const auto& handlers = *static_cast<const HttpEndpoint::Handlers*>(data);
  const mg_request_info& request = *mg_get_request_info(connection);
  const absl::string_view method = request.request_method;
  const absl::string_view path = request.local_uri;
  if (method != "GET" && method != "HEAD") {
    return Answer(connection, 405, kText, "only GET and HEAD\n");
  }
  if (path == "/metrics") return Answer(connection, 200, kMetricsText, handlers.metrics());
  if (path == "/livez") return Answer(connection, 200, kText, "alive\n");
  if (path == "/healthz") {
    return handlers.is_serving() ? Answer(connection, 200, kText, "serving\n")
                                 : Answer(connection, 503, kText, "not serving\n");
  }
  return Answer(connection, 404, kText, "there are /metrics, /healthz and /livez\n");
}

// host:port as civetweb has it, which knows no names; empty if it is none.
std::string PortOption(absl::string_view listen) {
  const size_t colon = listen.rfind(':');
  int port = 0;
  if (colon == absl::string_view::npos || colon == 0 ||
      !absl::SimpleAtoi(listen.substr(colon + 1), &port) || port < 0 || port > 65535) {
    return "";
  }
  const absl::string_view host = listen.substr(0, colon);
  if (host == "localhost") return absl::StrCat("127.0.0.1:", port);
  const bool is_v6 = absl::StartsWith(host, "[") && absl::EndsWith(host, "]");
  const absl::string_view allowed = is_v6 ? "[]0123456789abcdefABCDEF:." : "0123456789.";
  if (host.find_first_not_of(allowed) != absl::string_view::npos) return "";
  return absl::StrCat(host, ":", port);
}

}  // namespace

absl::Status HttpEndpoint::Check(const std::string& listen) {
  if (!PortOption(listen).empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--http_listen is HOST:PORT with an IPv4 address, an IPv6 address in brackets "
                   "or localhost, and a port of 0 to 65535; got ",
                   listen));
}

absl::StatusOr<std::unique_ptr<HttpEndpoint>> HttpEndpoint::Start(const std::string& listen,
                                                                  Handlers handlers) {
  const absl::Status status = Check(listen);
  if (!status.ok()) return status;
  static const unsigned features = mg_init_library(0);
  static_cast<void>(features);
  const std::string port = PortOption(listen);
  // A slow peer has a thread for as long as the timeout, and probes must not wait for it.
  const char* options[] = {
      "listening_ports",   port.c_str(), "num_threads", "8", "request_timeout_ms", "1000",
      "enable_keep_alive", "no",         nullptr};
  std::unique_ptr<HttpEndpoint> endpoint(new HttpEndpoint(std::move(handlers)));
  mg_callbacks callbacks = {};
  // Its messages about peers are of no use; that it cannot start is in the error below.
  callbacks.log_message = [](const mg_connection* /*connection*/, const char* /*message*/) {
    return 1;
  };
  std::array<char, 256> text = {};
  unsigned code = 0;
  mg_init_data init = {&callbacks, nullptr, options};
  mg_error_data error = {&code, text.data(), text.size()};
  endpoint->context_ = mg_start2(&init, &error);
  if (endpoint->context_ == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", listen, " for HTTP: ", text.data()));
  }
  mg_set_request_handler(endpoint->context_, "/", &Handle,
                         const_cast<Handlers*>(&endpoint->handlers_));
  mg_server_port taken = {};
  mg_get_server_ports(endpoint->context_, 1, &taken);
  endpoint->address_ = absl::StrCat(listen.substr(0, listen.rfind(':') + 1), taken.port);
  return endpoint;
}

HttpEndpoint::~HttpEndpoint() {
  if (context_ != nullptr) mg_stop(context_);
}

}  // namespace springboard
