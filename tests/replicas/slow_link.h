#ifndef SPRINGBOARD_TESTS_REPLICAS_SLOW_LINK_H_
#define SPRINGBOARD_TESTS_REPLICAS_SLOW_LINK_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace springboard {

// Another network namespace, and a link to it from that of the thread that makes it: packets take
// their time, and some are lost. Carried by this process between two TUN devices, as the netem of
// few kernels would; so that TCP is the system's, and every machine with /dev/net/tun can.
class SlowLink {
 public:
  // Addresses that are for documents (RFC 5737), and exist in the two namespaces alone.
  static constexpr char kNear[] = "192.0.2.1";
  static constexpr char kFar[] = "192.0.2.2";

  // `delay` is of each packet in either direction; `loss` is the part of them that is lost, 0 to 1.
  // Error: UNAVAILABLE, with what the system refused.
  static absl::StatusOr<std::unique_ptr<SlowLink>> Create(absl::Duration delay, double loss);
  ~SlowLink();
  SlowLink(const SlowLink&) = delete;
  SlowLink& operator=(const SlowLink&) = delete;

  // What runs the command that follows it at the far end.
  std::vector<std::string> CommandPrefix() const;

  uint64_t carried() const { return carried_; }
  uint64_t lost() const { return lost_; }

 private:
  // Descriptors, of which each is -1 or its own.
  struct Ends {
    int near_device = -1;
    int far_device = -1;
    int far_network = -1;
  };

  SlowLink(const Ends& ends, absl::Duration delay, double loss);

  static absl::Status MakeFarEnd(Ends& ends);
  static void Close(const Ends& ends);
  void Carry();

  const Ends ends_;
  const absl::Duration delay_;
  const double loss_;
  std::atomic<bool> is_over_ = false;
  std::atomic<uint64_t> carried_ = 0;
  std::atomic<uint64_t> lost_ = 0;
  std::thread thread_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_REPLICAS_SLOW_LINK_H_
