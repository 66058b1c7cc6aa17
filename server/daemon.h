#ifndef SPRINGBOARD_SERVER_DAEMON_H_
#define SPRINGBOARD_SERVER_DAEMON_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/configuration.h"

namespace springboard {

// Whether a server could run so, as far as can be known without listening or becoming another user.
// Errors: those of DescribeAddresses(), Server::Check(), HttpEndpoint::Check() and
// CompleteIdentity().
absl::Status CheckConfiguration(const Configuration& configuration);

// Serves as configured, confined, until SIGTERM or SIGINT comes, and returns when all has ended;
// loads the configuration again, with this command line, when SIGHUP comes. Prints "listening on
// ADDRESS..." once it serves. Errors, before it serves: those of opening sockets and files, of
// giving up privileges, and of Server::Start(), HttpEndpoint::Start(), StartMemoryGuard() and
// InstallSystemCallFilter(). Called once, in the main thread, before there are others.
absl::Status RunDaemon(const std::vector<std::string>& command_line, Configuration configuration);

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_DAEMON_H_
