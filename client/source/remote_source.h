#ifndef SPRINGBOARD_CLIENT_SOURCE_REMOTE_SOURCE_H_
#define SPRINGBOARD_CLIENT_SOURCE_REMOTE_SOURCE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/source/client_security.h"
#include "client/source/resending.h"
#include "client/source/trampoline_source.h"

namespace springboard {

// Trampolines from a server. What is more than it takes in one message is split, and several
// messages are under way at a time. When it has no capacity, and says for how long, it is asked
// again after that, as long as there is time. A message whose answer is lost, while somebody is
// there to be asked, is sent again. Besides the errors that trampoline_compiler.proto documents:
//   UNAVAILABLE          the server cannot be reached; the message has its address
//   RESOURCE_EXHAUSTED   TOO_MANY_CALLS, TOO_MANY_CALLS_OF_CLIENT, TOO_MANY_ANSWER_BYTES: there
//                        was no capacity in time
//   FAILED_PRECONDITION  VERSION_MISMATCH: it does not speak this client's version of the API
//   INTERNAL             the answer is not what was asked for (MALFORMED_RESPONSE, WRONG_TARGET,
//                        UNKNOWN_TARGET, UNKNOWN_PROFILE, UNKNOWN_RELOCATION,
//                        CALLEE_OFFSET_OUT_OF_RANGE), or no pinned key signed it
//                        (WRONG_RESPONSE_SIGNATURE)
class RemoteSource final : public TrampolineSource {
 public:
  // `address` is of one server or a proxy, unix:/path, unix-abstract:name or host:port; or of
  // several servers that share nothing, dns:///name:port or ipv4:a:p,b:p, who are asked in turn
  // (kServiceConfigOfSeveral). Connects on the first call, and again after the connection is lost.
  explicit RemoteSource(const std::string& address);

  // The same through TLS, or plain without authorities. Errors: INVALID_ARGUMENT,
  // MALFORMED_ADDRESS (server), and those of CheckTlsFiles() (tls....) and
  // PinnedKeys::Read() (signing_key).
  static absl::StatusOr<std::shared_ptr<RemoteSource>> Create(const std::string& address,
                                                              const ClientSecurity& security);

  void Start(std::vector<CompileRequest> requests, const CallOptions& options,
             CompileCallback done) override;
  absl::StatusOr<Capabilities> GetCapabilities(const CallOptions& options) override;

 private:
  class Server;
  class Call;

  explicit RemoteSource(std::shared_ptr<Server> server);

  // Once.
  absl::StatusOr<Capabilities> AskForCapabilities(const CallOptions& options, Ending* ending);

  const std::shared_ptr<Server> server_;  // Kept by calls in progress.
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_SOURCE_REMOTE_SOURCE_H_
