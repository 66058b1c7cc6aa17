#ifndef SPRINGBOARD_SERVER_CLIENT_OF_PEER_H_
#define SPRINGBOARD_SERVER_CLIENT_OF_PEER_H_

#include <string>

namespace springboard {

// Whom gRPC's text for a connection's other end ("ipv4:192.0.2.1:4711",
// "ipv6:%5B2001:db8::1%5D:4711") stands for: the address without its port, and of IPv6 the /64,
// which is one network's. Empty for unix sockets, whose clients it does not tell apart.
std::string ClientOfPeer(std::string peer);

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_CLIENT_OF_PEER_H_
