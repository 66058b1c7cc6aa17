#ifndef SPRINGBOARD_TESTS_BENCH_RAW_CLIENT_H_
#define SPRINGBOARD_TESTS_BENCH_RAW_CLIENT_H_

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include <memory>
#include <string>
#include <vector>

namespace springboard {

// What some calls took.
struct Calls {
  double seconds = 0;                // All of them.
  std::vector<double> latencies_ns;  // Of each.
  size_t failed = 0;
  size_t response_bytes = 0;  // Of the last one.
};

// Makes the same unary call again and again over a connection of its own, and neither encodes nor
// decodes: what it takes is the transport and the server. Thread-compatible.
class RawClient {
 public:
  explicit RawClient(const std::string& address);

  // `count` calls of `method` ("/package.Service/Method"), so many at a time.
  Calls Run(const std::string& method, const std::string& request, size_t count, size_t in_flight);

 private:
  class Load;

  grpc::GenericStub stub_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_BENCH_RAW_CLIENT_H_
