#include "server/server.h"

#include <grpc/grpc.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

constexpr absl::Duration kLateCalls = absl::Milliseconds(50);

// gRPC's plugins are process-wide and must be there before any ServerBuilder.
void EnablePlugins() {
  static const bool enabled = [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    return true;
  }();
  static_cast<void>(enabled);
}

ClientNames NamesOfClients(absl::Span<const AddressKind> addresses,
                           const SecurityOptions& security) {
  if (std::all_of(addresses.begin(), addresses.end(),
                  [](const AddressKind& address) { return address.is_unix; })) {
    return ClientNames::kNone;
  }
  return security.tls.authorities.empty() ? ClientNames::kAddresses : ClientNames::kCertificates;
}

// Whoever gives access control wants somebody kept away: that it has a socket to do so.
absl::Status CheckUsed(const ServerOptions& options, absl::Span<const AddressKind> addresses) {
  const auto is_unix = [](const AddressKind& address) { return address.is_unix; };
  if ((options.security.access.has_any() || options.security.tls.has_any()) &&
      std::all_of(addresses.begin(), addresses.end(), is_unix)) {
    return MakeError(absl::StatusCode::kInvalidArgument, reason::kAccessWithoutTls, "listen",
                     "certificates, policies and tokens are for TCP, and there are unix sockets "
                     "only: these have --socket_mode, --allow_user and --allow_group");
  }
  if (!options.connections.unix_peers.is_open() &&
      std::none_of(addresses.begin(), addresses.end(), is_unix)) {
    return MakeError(absl::StatusCode::kInvalidArgument, reason::kAccessWithoutTls, "listen",
                     "--allow_user and --allow_group are for unix sockets, and there is none");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<SigningKey>> ReadKey(const std::string& path) {
  if (path.empty()) return std::optional<SigningKey>();
  absl::StatusOr<SigningKey> key = SigningKey::Read(path);
  if (!key.ok()) return key.status();
  return std::optional<SigningKey>(*std::move(key));
}

void WriteToStderr(absl::string_view line) {
  std::cerr << absl::StrCat("springboard_server: warning: ", line, "\n");
}

}  // namespace

absl::Status Server::Check(const ServerOptions& options, absl::Span<const AddressKind> addresses) {
  const SecurityOptions& security = options.security;
  absl::Status status;
  if (!addresses.empty()) status = CheckUsed(options, addresses);
  if (status.ok()) status = CheckTlsFiles(security.tls);
  for (const AddressKind& address : addresses) {
    if (status.ok()) status = CheckCredentials(address, security);
  }
  if (status.ok() && security.access.has_any()) status = AccessControl::Check(security.access);
  return status.ok() ? ReadKey(security.signing_key).status() : status;
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options) {
  absl::StatusOr<std::vector<ListeningSocket>> sockets =
      ListeningSocket::OpenAll(options.listen, options.socket_mode);
  if (!sockets.ok()) return sockets.status();
  return Start(options, *std::move(sockets));
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options,
                                                      std::vector<ListeningSocket> sockets) {
  std::vector<AddressKind> kinds;
  for (const ListeningSocket& socket : sockets) kinds.push_back(socket.kind());
  const absl::Status status = Check(options, kinds);
  if (!status.ok()) return status;
  absl::StatusOr<std::optional<SigningKey>> key = ReadKey(options.security.signing_key);
  if (!key.ok()) return key.status();
  EnablePlugins();
  const AccessControl::Warn warn = options.warn ? options.warn : &WriteToStderr;
  std::unique_ptr<Server> server(
      new Server(options, *std::move(key), NamesOfClients(kinds, options.security)));
  if (options.security.access.has_any()) {
    auto access = AccessControl::Create(options.security.access, warn, options.observer);
    if (!access.ok()) return access.status();
    server->access_ = *std::move(access);
  }
  grpc::ServerBuilder builder;
  SetUpTransport(options.transport, options.limits.requests.max_message_bytes, builder);
  builder.RegisterService(&server->service_);
  builder.RegisterCallbackGenericService(&server->unknown_methods_);
  std::vector<std::unique_ptr<Acceptor::Connections>> connections;
  for (const AddressKind& kind : kinds) {
    const auto credentials = MakeServerCredentials(kind, options.security, server->access_, warn);
    if (!credentials.ok()) return credentials.status();
    connections.push_back(builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, *credentials));
    if (server->addresses_.empty() || server->addresses_.back() != kind.address) {
      server->addresses_.push_back(kind.address);
    }
  }
  server->server_ = builder.BuildAndStart();
  if (server->server_ == nullptr) {
    return absl::UnavailableError("gRPC cannot start a server");
  }
  if (grpc::HealthCheckServiceInterface* health = server->server_->GetHealthCheckService()) {
    health->SetServingStatus(v1::TrampolineCompiler::service_full_name(), true);
  }
  server->is_serving_ = true;
  server->acceptor_ =
      std::make_unique<Acceptor>(std::move(sockets), std::move(connections), options.connections);
  return server;
}

absl::Status Server::Reload(const ServerOptions& options) {
  const AccessControl::Files& files = options.security.access;
  if (files.has_any() != (access_ != nullptr)) {
    return absl::FailedPreconditionError(
        "access control is there from the start or not at all: restart the server");
  }
  absl::StatusOr<std::optional<SigningKey>> key = ReadKey(options.security.signing_key);
  if (!key.ok()) return key.status();
  if (access_ != nullptr) {
    absl::Status status = access_->Reload(files);
    if (!status.ok()) return status;
  }
  service_.Reload(options.limits, *std::move(key));
  return absl::OkStatus();
}

ServerState Server::state() const {
  return {is_serving_, service_.running_calls().counts(), acceptor_->counts()};
}

Server::~Server() {
  if (server_ != nullptr) Drain(absl::ZeroDuration());
}

void Server::AnnounceShutdown() {
  is_serving_ = false;
  if (grpc::HealthCheckServiceInterface* health = server_->GetHealthCheckService()) {
    health->SetServingStatus(false);
  }
}

void Server::Drain(absl::Duration timeout) {
  AnnounceShutdown();
  if (acceptor_ != nullptr) acceptor_->Stop();
  // Takes no more calls from now on, and ends when the last connection does. Health checks that
  // watch, and peers that say nothing, would hold it up to the end.
  std::thread shutdown(
      [this, timeout] { server_->Shutdown(absl::ToChronoTime(absl::Now() + timeout)); });
  const absl::Time deadline = absl::Now() + timeout;
  // Calls that were on their way when the shutdown began are still to come in.
  absl::SleepFor(std::min(timeout, kLateCalls));
  service_.running_calls().WaitUntilNone(deadline - absl::Now());
  grpc_server_cancel_all_calls(server_->c_server());
  shutdown.join();
  server_->Wait();
}

}  // namespace springboard
