#include "server/client_of_peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace springboard {

std::string ClientOfPeer(std::string peer) {
  if (absl::StartsWith(peer, "unix")) return "";
  peer.resize(std::min(peer.rfind(':'), peer.size()));
  absl::string_view rest = peer;
  if (!absl::ConsumePrefix(&rest, "ipv6:")) return peer;
  std::string host = absl::StrReplaceAll(rest, {{"%5B", ""}, {"%5D", ""}, {"[", ""}, {"]", ""}});
  // A link's own addresses name it behind a %.
  host.resize(std::min(host.find('%'), host.size()));
  in6_addr address = {};
  if (inet_pton(AF_INET6, host.c_str(), &address) != 1) return peer;
  constexpr size_t kNetworkBytes = 8;
  std::fill(std::begin(address.s6_addr) + kNetworkBytes, std::end(address.s6_addr), uint8_t{0});
  std::array<char, INET6_ADDRSTRLEN> text = {};
  inet_ntop(AF_INET6, &address, text.data(), text.size());
  return absl::StrCat("ipv6:", text.data(), "/64");
}

}  // namespace springboard
