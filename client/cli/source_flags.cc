#include "client/cli/source_flags.h"

#include <CLI/CLI.hpp>

#include "client/source/in_process_source.h"
#include "client/source/remote_source.h"
#include "client/source/server_address.h"

namespace springboard {

void SourceFlags::AddTo(CLI::App& command) {
  command
      .add_option("--server", server_,
                  "Compile through this server (unix:/path, unix-abstract:name or host:port), or "
                  "these (dns:///name:port or ipv4:a:p,b:p); without it, in this process")
      ->type_name("ADDRESS")
      ->check([](const std::string& address) {
        return std::string(CheckServerAddress(address).message());
      });
  command
      .add_option("--tls-authorities", security_.tls.authorities,
                  "Connect through TLS to a server whose certificate is of one of these")
      ->type_name("FILE");
  command
      .add_option("--tls-certificate", security_.tls.certificate,
                  "This client's certificate in PEM, for servers that want one")
      ->type_name("FILE");
  command
      .add_option("--tls-key", security_.tls.key, "Its private key, if it is not in the same file")
      ->type_name("FILE");
  command
      .add_option("--tls-server-name", security_.server_name,
                  "The name in the server's certificate, if it is not that of the address")
      ->type_name("NAME");
  command
      .add_option("--token-file", security_.token_file,
                  "A bearer token, for servers that want one; only through TLS")
      ->type_name("FILE");
  command
      .add_option("--signing-keys", security_.signing_keys,
                  "Ed25519 public keys in PEM, one of which must have signed every answer")
      ->type_name("FILE");
  command.add_option("--deadline-ms", deadline_ms_, "How long one request to the server may take")
      ->check(CLI::Range(uint32_t{0}, uint32_t{3600000}))
      ->capture_default_str();
}

absl::StatusOr<std::shared_ptr<TrampolineSource>> SourceFlags::MakeSource() const {
  if (server_.empty() && !security_.is_empty()) {
    return absl::InvalidArgumentError(
        "--tls-..., --token-file and --signing-keys are for a --server; got none");
  }
  if (server_.empty()) return std::make_shared<InProcessSource>();
  return RemoteSource::Create(server_, security_);
}

}  // namespace springboard
