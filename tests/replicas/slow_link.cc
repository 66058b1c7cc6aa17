#include "tests/replicas/slow_link.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/replicas/own_network.h"

namespace springboard {
namespace {

constexpr char kDevice[] = "slow0";
constexpr char kNsenter[] = "/usr/bin/nsenter";

// Of the calling thread's network.
absl::StatusOr<int> OpenDevice(const char* address) {
  const int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return absl::UnavailableError(absl::StrCat("/dev/net/tun: ", std::strerror(errno)));
  ifreq request = {};
  std::string(kDevice).copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  absl::Status status;
  if (ioctl(fd, TUNSETIFF, &request) != 0) {
    status = absl::UnavailableError(absl::StrCat("TUN device: ", std::strerror(errno)));
  } else {
    status = SetUpInterface(kDevice, address);
  }
  if (status.ok()) return fd;
  close(fd);
  return status;
}

// Packets on their way to a device, in the order in which they arrive.
class Way {
 public:
  explicit Way(int to) : to_(to) {}

  void Add(std::string packet, absl::Time arrival) {
    packets_.push_back({std::move(packet), arrival});
  }

  // Delivers what has arrived by now, and says when the next will.
  absl::Time Deliver() {
    while (!packets_.empty() && packets_.front().arrival <= absl::Now()) {
      const std::string& packet = packets_.front().bytes;
      // One that the device does not take is lost, as on any link.
      static_cast<void>(!write(to_, packet.data(), packet.size()));
      packets_.pop_front();
    }
    return packets_.empty() ? absl::InfiniteFuture() : packets_.front().arrival;
  }

 private:
  struct Packet {
    std::string bytes;
    absl::Time arrival;
  };

  const int to_;
  std::deque<Packet> packets_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<SlowLink>> SlowLink::Create(absl::Duration delay, double loss) {
  if (access(kNsenter, X_OK) != 0) {
    return absl::UnavailableError(absl::StrCat(kNsenter, ": ", std::strerror(errno)));
  }
  Ends ends;
  absl::Status status;
  // The far end is where a thread goes that is not needed any more.
  std::thread([&ends, &status] { status = MakeFarEnd(ends); }).join();
  if (status.ok()) {
    const absl::StatusOr<int> near = OpenDevice(kNear);
    status = near.status();
    if (near.ok()) ends.near_device = *near;
  }
  if (!status.ok()) {
    Close(ends);
    return status;
  }
  return std::unique_ptr<SlowLink>(new SlowLink(ends, delay, loss));
}

absl::Status SlowLink::MakeFarEnd(Ends& ends) {
  absl::Status status = EnterOwnNetwork();
  if (!status.ok()) return status;
  ends.far_network = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  const absl::StatusOr<int> device = OpenDevice(kFar);
  if (device.ok()) ends.far_device = *device;
  return device.status();
}

SlowLink::SlowLink(const Ends& ends, absl::Duration delay, double loss)
    : ends_(ends), delay_(delay), loss_(loss), thread_([this] { Carry(); }) {}

SlowLink::~SlowLink() {
  is_over_ = true;
  thread_.join();
  Close(ends_);
}

void SlowLink::Close(const Ends& ends) {
  for (const int fd : {ends.near_device, ends.far_device, ends.far_network}) {
    if (fd >= 0) close(fd);
  }
}

std::vector<std::string> SlowLink::CommandPrefix() const {
  return {kNsenter, absl::StrCat("--net=/proc/", getpid(), "/fd/", ends_.far_network)};
}

void SlowLink::Carry() {
  constexpr absl::Duration kMaxWait = absl::Milliseconds(50);
  std::mt19937 random(/*seed=*/7);
  std::bernoulli_distribution is_lost(loss_);
  std::array<Way, 2> ways = {Way(ends_.far_device), Way(ends_.near_device)};
  std::array<pollfd, 2> devices = {{{ends_.near_device, POLLIN, 0}, {ends_.far_device, POLLIN, 0}}};
  std::array<char, 65536> buffer = {};
  while (!is_over_) {
    const absl::Time next = std::min(ways[0].Deliver(), ways[1].Deliver());
    const absl::Duration wait = std::min(next - absl::Now(), kMaxWait);
    poll(devices.data(), devices.size(), static_cast<int>(absl::ToInt64Milliseconds(wait)) + 1);
    for (size_t i = 0; i < devices.size(); ++i) {
      ssize_t size = 0;
      while ((size = read(devices[i].fd, buffer.data(), buffer.size())) > 0) {
        ++carried_;
        if (is_lost(random)) {
          ++lost_;
        } else {
          ways[i].Add({buffer.data(), static_cast<size_t>(size)}, absl::Now() + delay_);
        }
      }
    }
  }
}

}  // namespace springboard
