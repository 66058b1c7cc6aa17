#include "client/source/remote_source.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <algorithm>
#include <deque>
#include <map>
#include <new>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/log.h"
#include "client/source/resending.h"
#include "client/source/server_address.h"
#include "client/source/service_config.h"
#include "client/source/timer_queue.h"
#include "common/signing.h"
#include "common/tls_mirror.h"
#include "common/watched_file.h"
#include "compiler/error_details.h"
#include "proto/api_version.h"
#include "proto/conversion.h"
#include "proto/grpc_status.h"
#include "proto/signed_content.h"
#include "springboard/v1/trampoline_compiler.grpc.pb.h"

namespace springboard {
namespace {

constexpr int kMaxResponseBytes = 32 << 20;

struct BatchLimits {
  size_t items;
  size_t message_bytes;
};

// Of a server that was not asked: the defaults of ours.
constexpr BatchLimits kUsualLimits = {10000, 4 << 20};

// A bound of what a trampoline takes in a response: 20 bytes of code and one of template for each
// parameter, and the rest.
size_t MaxAnswerBytes(const CompileRequest& request) {
  return 200 + 24 * request.signature.parameters().size();
}

std::shared_ptr<grpc::ChannelCredentials> MakeCredentials(const TlsFiles& files) {
  namespace tls = grpc::experimental;
  if (!files.has_any()) return grpc::InsecureChannelCredentials();
  tls::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(std::make_shared<tls::FileWatcherCertificateProvider>(
      files.key_file(), files.certificate, files.authorities, kTlsRefreshSeconds));
  options.watch_root_certs();
  if (!files.certificate.empty()) options.watch_identity_key_cert_pairs();
  return tls::TlsCredentials(options);
}

// Shows the token that a file has now.
class TokenCredentials final : public grpc::MetadataCredentialsPlugin {
 public:
  explicit TokenCredentials(const std::string& path) : file_(path) {}

  bool IsBlocking() const override { return false; }
  const char* GetType() const override { return "springboard-token"; }
  // Without the token.
  grpc::string DebugString() override { return "TokenCredentials"; }

  grpc::Status GetMetadata(grpc::string_ref /*service_url*/, grpc::string_ref /*method_name*/,
                           const grpc::AuthContext& /*channel*/,
                           std::multimap<grpc::string, grpc::string>* metadata) override {
    const auto text = file_.Get();
    if (!text.ok()) return ToGrpcStatus(text.status());
    const absl::string_view first = absl::string_view(**text).substr(0, (*text)->find('\n'));
    metadata->emplace("authorization", absl::StrCat("Bearer ", absl::StripAsciiWhitespace(first)));
    return grpc::Status::OK;
  }

 private:
  WatchedFile file_;
};

std::shared_ptr<grpc::ChannelCredentials> WithToken(
    std::shared_ptr<grpc::ChannelCredentials> credentials, const std::string& token_file) {
  if (token_file.empty()) return credentials;
  return grpc::CompositeChannelCredentials(
      credentials,
      grpc::MetadataCredentialsFromPlugin(std::make_unique<TokenCredentials>(token_file)));
}

// How silent a connection with calls gets before it is pinged, and how long the answer may take. A
// connection without one is closed, and its calls are lost.
struct Keepalive {
  int time_ms;
  int timeout_ms;
};

// A server that hangs keeps calls from others that would answer them.
constexpr Keepalive kKeepaliveOfSeveral = {2000, 2000};
// Nobody else would answer, and it may be only slow; but its machine may be gone without a word.
constexpr Keepalive kKeepaliveOfOne = {10000, 10000};

void SetUpServers(const std::string& address, grpc::ChannelArguments& arguments) {
  const bool are_several = MayNameSeveralServers(address);
  const Keepalive keepalive = are_several ? kKeepaliveOfSeveral : kKeepaliveOfOne;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, keepalive.time_ms);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, keepalive.timeout_ms);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  if (!are_several) return;
  arguments.SetServiceConfigJSON(kServiceConfigOfSeveral);
  // The largest batch is sent again too.
  arguments.SetInt(GRPC_ARG_PER_RPC_RETRY_BUFFER_SIZE,
                   2 * static_cast<int>(kUsualLimits.message_bytes));
}

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address,
                                           const ClientSecurity& security) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxResponseBytes);
  // A small message that inflates to a large one is a hostile server's.
  arguments.SetInt(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1U << GRPC_COMPRESS_NONE);
  // Code must not travel through a proxy that an environment variable happens to name.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // A server that is back is to be found soon: gRPC would wait for up to two minutes.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  // How long an attempt to connect may take, with TLS and on a busy machine.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  SetUpServers(address, arguments);
  if (!security.server_name.empty()) {
    arguments.SetSslTargetNameOverride(security.server_name);
  }
  return grpc::CreateCustomChannel(
      address, WithToken(MakeCredentials(security.tls), security.token_file), arguments);
}

void SetDeadline(const CallOptions& options, grpc::ClientContext& context) {
  if (options.deadline == absl::InfiniteFuture()) return;
  context.set_deadline(absl::ToChronoTime(options.deadline));
}

size_t RequestBytes(const CompileRequest& request) {
  // A byte for each type and two for each field, of which there are six; lengths.
  return request.signature.parameters().size() + 32;
}

absl::Status Malformed(absl::string_view reason, absl::string_view message) {
  return MakeError(absl::StatusCode::kInternal, reason, "",
                   absl::StrCat("malformed response: ", message));
}

// The trampoline of an answer to `request`.
absl::StatusOr<Trampoline> Accept(const v1::Trampoline& message, const CompileRequest& request) {
  absl::StatusOr<Trampoline> trampoline = FromProto(message);
  if (!trampoline.ok()) return trampoline;
  if (trampoline->target != request.target) {
    return Malformed(reason::kWrongTarget, absl::StrCat("asked for ", Info(request.target).name,
                                                        "; got ", Info(trampoline->target).name));
  }
  if (trampoline->profile != request.profile) {
    return Malformed(reason::kUnknownProfile,
                     absl::StrCat("asked for ", Info(request.profile).name, "; got ",
                                  Info(trampoline->profile).name));
  }
  return trampoline;
}

// What gRPC says of an answer that did not come, or not to its end: UNKNOWN and INTERNAL are of
// streams that a proxy ended. CANCELLED is not among them: a server says so of a call that is too
// much for it.
bool MayBeLost(grpc::StatusCode code) {
  return code == grpc::StatusCode::UNAVAILABLE || code == grpc::StatusCode::UNKNOWN ||
         code == grpc::StatusCode::INTERNAL;
}

bool IsEndOfCall(const absl::Status& status) {
  return status.code() == absl::StatusCode::kCancelled ||
         status.code() == absl::StatusCode::kDeadlineExceeded;
}

absl::Status EndedByPeer(const absl::Status& status) {
  return absl::UnavailableError(absl::StrCat("the server ended the call: ", status.ToString()));
}

absl::StatusOr<Trampoline> AcceptItem(const v1::BatchCompileTrampolinesResponse::Item& item,
                                      const CompileRequest& request) {
  if (item.has_trampoline()) return Accept(item.trampoline(), request);
  if (item.has_error() && item.error().code() != 0) {
    absl::Status status = FromProto(item.error());
    // That of one item is never the call's end.
    if (IsEndOfCall(status)) return EndedByPeer(status);
    return status;
  }
  return Malformed(reason::kMalformedResponse, "an item has neither trampoline nor error");
}

// The answers to a whole batch; nothing if there are not as many as requests.
absl::StatusOr<CompileResults> AcceptBatch(const v1::BatchCompileTrampolinesResponse& response,
                                           absl::Span<const CompileRequest> requests) {
  if (static_cast<size_t>(response.items_size()) != requests.size()) {
    return Malformed(
        reason::kMalformedResponse,
        absl::StrCat("asked for ", requests.size(), " items; got ", response.items_size()));
  }
  CompileResults results;
  results.reserve(requests.size());
  for (size_t i = 0; i < requests.size(); ++i) {
    results.push_back(AcceptItem(response.items(static_cast<int>(i)), requests[i]));
  }
  return results;
}

Capabilities FromProto(const v1::Capabilities& message) {
  Capabilities capabilities;
  capabilities.api_version = message.api_version();
  capabilities.codegen_version = message.codegen_version();
  for (const v1::Capabilities::TargetSupport& target : message.targets()) {
    capabilities.targets.push_back(
        {target.name(), target.isa(), target.caller_convention(), target.callee_convention()});
  }
  for (const v1::Capabilities::ProfileSupport& profile : message.profiles()) {
    capabilities.profiles.push_back(profile.name());
  }
  capabilities.max_parameters = message.limits().max_parameters();
  capabilities.max_batch_items = message.limits().max_batch_items();
  capabilities.max_message_bytes = message.limits().max_message_bytes();
  return capabilities;
}

// The server has more to do in one message than it takes.
bool IsTooLarge(const absl::Status& status) {
  if (status.code() != absl::StatusCode::kResourceExhausted) return false;
  const std::optional<ErrorDetails> details = GetErrorDetails(status);
  if (details.has_value()) {
    return details->reason == reason::kBatchTooLarge ||
           details->reason == reason::kResponseTooLarge;
  }
  // gRPC's own refusal of a message, on either side.
  return absl::StrContains(status.message(), "larger than max");
}

absl::Status CheckSecurity(const ClientSecurity& security) {
  if (security.tls.has_any() && security.tls.authorities.empty()) {
    return MakeError(absl::StatusCode::kInvalidArgument, reason::kTlsFile, "authorities",
                     "a client with TLS has authorities, by which it knows the server");
  }
  if (!security.server_name.empty() && !security.tls.has_any()) {
    return MakeError(absl::StatusCode::kInvalidArgument, reason::kAccessWithoutTls, "server_name",
                     "a server's name is that in its certificate; give authorities");
  }
  if (!security.token_file.empty() && !security.tls.has_any()) {
    return MakeError(absl::StatusCode::kInvalidArgument, reason::kAccessWithoutTls, "token_file",
                     "a token is for an encrypted connection; give authorities");
  }
  if (!security.token_file.empty()) {
    const absl::StatusOr<std::string> token = WatchedFile::Read(security.token_file);
    if (!token.ok()) return token.status();
  }
  return CheckTlsFiles(security.tls);
}

absl::string_view Major(absl::string_view version) { return version.substr(0, version.find('.')); }

// What is under way at a time in one call: enough that the server need not wait for the client.
constexpr int kMaxMessagesUnderWay = 4;

}  // namespace

// The connection, and what is known of who is at its other end. Thread-safe.
class RemoteSource::Server {
 public:
  Server(const std::string& address, const ClientSecurity& security, std::optional<PinnedKeys> keys)
      : address_(address),
        keys_(std::move(keys)),
        connection_(new Connection(MakeChannel(address, security))) {}

  // gRPC joins its callback threads when the last channel ends, which must not be in one of them;
  // and this may be called at the end of the last callback.
  // Without memory or a thread for it the connection stays.
  ~Server() {
    TimerQueue::Get().At(absl::InfinitePast(), [connection = connection_] { delete connection; });
  }

  v1::TrampolineCompiler::Stub& stub() { return *connection_->stub; }

  // Whether the server's word for the response is good, if it is wanted.
  template <typename Request, typename Response>
  absl::Status CheckSignature(const Request& request, const Response& response) const {
    if (!keys_.has_value()) return absl::OkStatus();
    const std::string content = SignedContentOf(request, response);
    if (!content.empty() && keys_->Verify(content, response.signature().ed25519())) {
      return absl::OkStatus();
    }
    return MakeError(absl::StatusCode::kInternal, reason::kWrongResponseSignature, "",
                     absl::StrCat("server ", address_,
                                  response.has_signature()
                                      ? ": no pinned key has signed this answer to this request"
                                      : ": the answer is not signed, and keys are pinned"));
  }

  BatchLimits limits() const {
    absl::MutexLock lock(&mutex_);
    return limits_.value_or(kUsualLimits);
  }
  bool knows_limits() const {
    absl::MutexLock lock(&mutex_);
    return limits_.has_value();
  }
  void set_limits(const BatchLimits& limits) {
    absl::MutexLock lock(&mutex_);
    limits_ = limits;
  }

  // The outcome of an RPC of a call with these options, whose context this is.
  absl::Status ToStatus(const grpc::Status& status, const grpc::ClientContext& context,
                        const CallOptions& options) const {
    const std::string version = Metadata(context, kApiVersionKey);
    const bool is_other_version = !version.empty() && Major(version) != Major(kApiVersion);
    const bool is_unknown_method =
        status.error_code() == grpc::StatusCode::UNIMPLEMENTED && version != kApiVersion;
    // What gRPC says of a response that does not decode.
    if (absl::StartsWith(status.error_message(), "No message returned")) {
      return Malformed(reason::kMalformedResponse, status.error_message());
    }
    if (is_other_version || is_unknown_method) {
      return VersionMismatch(version, Metadata(context, kCodegenVersionKey));
    }
    absl::Status plain = FromGrpcStatus(status);
    if (IsEndOfCall(plain) && !IsOwnEnd(plain, options)) plain = EndedByPeer(plain);
    // The server's own refusals have details and say all; gRPC's do not say which server.
    if (plain.ok() || GetErrorDetails(plain).has_value()) return plain;
    return absl::Status(plain.code(), absl::StrCat("server ", address_, ": ", plain.message()));
  }

  // How an RPC ended that had this outcome, which ToStatus() made `status`.
  Ending EndingOf(const grpc::Status& outcome, const absl::Status& status) const {
    // The server's own errors have details.
    if (!MayBeLost(outcome.error_code()) || GetErrorDetails(status).has_value()) {
      return Ending::kAnswered;
    }
    const bool is_connected =
        connection_->channel->GetState(/*try_to_connect=*/false) == GRPC_CHANNEL_READY;
    return is_connected ? Ending::kLost : Ending::kAnswered;
  }

 private:
  struct Connection {
    explicit Connection(std::shared_ptr<grpc::Channel> of)
        : channel(std::move(of)), stub(v1::TrampolineCompiler::NewStub(channel)) {}

    const std::shared_ptr<grpc::Channel> channel;
    const std::unique_ptr<v1::TrampolineCompiler::Stub> stub;
  };

  // The call was cancelled, or is late, whoever says so.
  static bool IsOwnEnd(const absl::Status& status, const CallOptions& options) {
    // Of the peer's clock, and of what it was told.
    constexpr absl::Duration kTolerance = absl::Milliseconds(50);
    return status.code() == absl::StatusCode::kCancelled
               ? options.cancellation.is_cancelled()
               : absl::Now() + kTolerance >= options.deadline;
  }

  static std::string Metadata(const grpc::ClientContext& context, const char* key) {
    for (const auto* metadata :
         {&context.GetServerTrailingMetadata(), &context.GetServerInitialMetadata()}) {
      const auto found = metadata->find(key);
      if (found != metadata->end()) return {found->second.data(), found->second.size()};
    }
    return "";
  }

  absl::Status VersionMismatch(const std::string& api, const std::string& codegen) const {
    const std::string theirs = api.empty()
                                   ? "does not have springboard.v1 and does not tell its version"
                                   : absl::StrCat("has API ", api, ", codegen version ",
                                                  codegen.empty() ? "unknown" : codegen);
    return MakeError(absl::StatusCode::kFailedPrecondition, reason::kVersionMismatch, "",
                     absl::StrCat("server ", address_, " ", theirs, "; this client has API ",
                                  kApiVersion, ", codegen version ", kCodegenVersion));
  }

  const std::string address_;
  const std::optional<PinnedKeys> keys_;
  Connection* const connection_;  // Owned.
  mutable absl::Mutex mutex_;
  std::optional<BatchLimits> limits_ ABSL_GUARDED_BY(mutex_);
};

// One Start(): its messages to the server, until all have been answered.
class RemoteSource::Call : public std::enable_shared_from_this<RemoteSource::Call> {
 public:
  Call(std::shared_ptr<Server> server, std::vector<CompileRequest> requests,
       const CallOptions& options, CompileCallback done)
      : server_(std::move(server)),
        requests_(std::move(requests)),
        options_(options),
        done_(std::move(done)),
        results_(AllFailed(requests_.size(), absl::UnknownError("not asked"))) {
    left_.push_back({0, requests_.size()});
  }

  void Begin() {
    const std::weak_ptr<Call> self = weak_from_this();
    Cancellation::Registration registration = options_.cancellation.OnCancel([self] {
      if (const std::shared_ptr<Call> call = self.lock()) call->CancelMessages();
    });
    {
      absl::MutexLock lock(&mutex_);
      registration_ = std::move(registration);
    }
    SendMore();
  }

 private:
  // Of the requests.
  struct Range {
    size_t begin;
    size_t end;
    FailedSends failed = {};
    size_t size() const { return end - begin; }
  };

  // What is sent later.
  struct Delayed {
    Range range;
    std::optional<TimerQueue::Timer> timer;
  };

  // An RPC under way. Keeps the call.
  template <typename Request, typename Response>
  struct Message {
    std::shared_ptr<Call> call;
    Range range;
    grpc::ClientContext context;
    Request request;
    Response response;
  };
  using Single = Message<v1::CompileTrampolineRequest, v1::CompileTrampolineResponse>;
  using Batch = Message<v1::BatchCompileTrampolinesRequest, v1::BatchCompileTrampolinesResponse>;
  using Question = Message<v1::GetCapabilitiesRequest, v1::Capabilities>;

  // gRPC swallows what its callbacks throw, and with it the end of the call.
  template <typename Function>
  static CompileResults OrNoMemory(size_t count, const Function& results) {
    try {
      return results();
    } catch (const std::bad_alloc&) {
      return AllFailed(count, absl::ResourceExhaustedError("there is no memory left"));
    }
  }

  absl::Span<const CompileRequest> Requests(const Range& range) const {
    return absl::MakeConstSpan(requests_).subspan(range.begin, range.size());
  }

  // Sends what there is to be sent, and ends the call if nothing is.
  void SendMore() {
    while (const std::optional<Range> range = TakeRange()) {
      if (range->size() == 1) {
        SendSingle(*range);
      } else {
        SendBatch(*range);
      }
    }
  }

  // A range to send now; or nothing, and the call ends if it was the last.
  std::optional<Range> TakeRange() {
    CompileCallback done;
    {
      absl::MutexLock lock(&mutex_);
      if (is_done_) return std::nullopt;
      const absl::Status wanted = CheckWanted(options_);
      if (!wanted.ok()) {
        for (const Range& range : left_) Fill(range, wanted);
        left_.clear();
      }
      if (!left_.empty()) {
        if (under_way_ >= max_under_way_ || is_asking_) return std::nullopt;
        ++under_way_;
        return CutMessage();
      }
      if (under_way_ > 0) return std::nullopt;
      is_done_ = true;
      done = std::move(done_);
    }
    // Nobody else looks at the results any more.
    done(std::move(results_));
    return std::nullopt;
  }

  // As many requests from the front as fit into one message. A single one goes out whatever its
  // size: the server has the last word.
  Range CutMessage() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const BatchLimits limits = server_->limits();
    Range& front = left_.front();
    Range range = {front.begin, front.begin, front.failed};
    size_t bytes = 0;
    size_t answer_bytes = 0;
    for (; range.end < front.end; ++range.end) {
      const CompileRequest& request = requests_[range.end];
      bytes += RequestBytes(request);
      answer_bytes += MaxAnswerBytes(request);
      if (range.size() > 0 && (range.size() >= limits.items || bytes > limits.message_bytes ||
                               answer_bytes > kMaxResponseBytes)) {
        break;
      }
    }
    front.begin = range.end;
    if (front.size() == 0) left_.pop_front();
    return range;
  }

  void SendSingle(const Range& range) {
    const auto message = Prepare<Single>(range);
    message->request = ToProto(requests_[range.begin]);
    server_->stub().async()->CompileTrampoline(
        &message->context, &message->request, &message->response,
        [message](const grpc::Status& outcome) {
          Call& call = *message->call;
          const absl::Status status =
              call.server_->ToStatus(outcome, message->context, call.options_);
          if (call.SendsLater(*message, outcome, status)) return;
          call.Answered(message.get(), message->range, OrNoMemory(1, [&]() -> CompileResults {
                          if (!status.ok()) return {status};
                          const absl::Status is_signed =
                              call.server_->CheckSignature(message->request, message->response);
                          if (!is_signed.ok()) return {is_signed};
                          return {Accept(message->response.trampoline(),
                                         call.requests_[message->range.begin])};
                        }));
        });
  }

  void SendBatch(const Range& range) {
    const auto message = Prepare<Batch>(range);
    for (const CompileRequest& request : Requests(range)) {
      *message->request.add_requests() = ToProto(request);
    }
    server_->stub().async()->BatchCompileTrampolines(
        &message->context, &message->request, &message->response,
        [message](const grpc::Status& outcome) {
          Call& call = *message->call;
          const absl::Status status =
              call.server_->ToStatus(outcome, message->context, call.options_);
          if (IsTooLarge(status)) {
            call.Split(message.get(), message->range);
            return;
          }
          if (call.SendsLater(*message, outcome, status)) return;
          const size_t count = message->range.size();
          call.Answered(message.get(), message->range, OrNoMemory(count, [&]() -> CompileResults {
                          if (!status.ok()) return AllFailed(count, status);
                          const absl::Status is_signed =
                              call.server_->CheckSignature(message->request, message->response);
                          if (!is_signed.ok()) return AllFailed(count, is_signed);
                          absl::StatusOr<CompileResults> results =
                              AcceptBatch(message->response, call.Requests(message->range));
                          return results.ok() ? *std::move(results)
                                              : AllFailed(count, results.status());
                        }));
        });
  }

  // Whether there is to be another answer than this status. The range is sent again then; and when
  // the server had no capacity, fewer are under way from now on.
  template <typename AnyMessage>
  bool SendsLater(const AnyMessage& message, const grpc::Status& outcome,
                  const absl::Status& status) {
    const Ending ending = server_->EndingOf(outcome, status);
    uint64_t id = 0;
    absl::Time when;
    {
      absl::MutexLock lock(&mutex_);
      Range range = message.range;
      const int refusals = range.failed.refusals;
      const std::optional<absl::Duration> delay =
          DelayBeforeResending(status, ending, options_.deadline, range.failed, random_);
      if (!delay.has_value()) return false;
      when = absl::Now() + *delay;
      if (range.failed.refusals > refusals) max_under_way_ = std::max(1, max_under_way_ / 2);
      // It goes on being under way.
      contexts_.erase(&message);
      id = next_delayed_++;
      delayed_.emplace(id, Delayed{range, std::nullopt});
    }
    const std::shared_ptr<Call> self = shared_from_this();
    const std::optional<TimerQueue::Timer> timer =
        TimerQueue::Get().At(when, [self, id] { self->SendDelayed(id); });
    {
      absl::MutexLock lock(&mutex_);
      const auto found = delayed_.find(id);
      if (found != delayed_.end()) found->second.timer = timer;
    }
    // A cancellation before this did not see it.
    if (!timer.has_value() || options_.cancellation.is_cancelled()) SendDelayed(id);
    return true;
  }

  void SendDelayed(uint64_t id) {
    std::optional<TimerQueue::Timer> timer;
    {
      absl::MutexLock lock(&mutex_);
      const auto found = delayed_.find(id);
      if (found == delayed_.end()) return;
      left_.push_front(found->second.range);
      timer = found->second.timer;
      delayed_.erase(found);
      --under_way_;
    }
    // It keeps this call.
    if (timer.has_value()) TimerQueue::Get().Forget(*timer);
    SendMore();
  }

  // A batch was too large: the server is asked for its limits, once; if they are known they do not
  // tell all, and halves are sent.
  void Split(const void* message, const Range& range) {
    bool is_to_be_asked = false;
    {
      absl::MutexLock lock(&mutex_);
      Forget(message);
      if (server_->knows_limits() || has_asked_) {
        const size_t middle = range.begin + range.size() / 2;
        left_.push_front({middle, range.end});
        left_.push_front({range.begin, middle});
      } else {
        left_.push_front(range);
        is_to_be_asked = !is_asking_;
        is_asking_ = true;
        // Keeps the call from ending.
        if (is_to_be_asked) ++under_way_;
      }
    }
    if (is_to_be_asked) {
      AskForLimits();
    } else {
      SendMore();
    }
  }

  void AskForLimits() {
    const auto question = Prepare<Question>({0, 0});
    server_->stub().async()->GetCapabilities(
        &question->context, &question->request, &question->response,
        [question](const grpc::Status& outcome) {
          Call& call = *question->call;
          const v1::Capabilities::Limits& limits = question->response.limits();
          if (outcome.ok() && limits.max_batch_items() > 0) {
            call.server_->set_limits({limits.max_batch_items(), limits.max_message_bytes()});
          }
          {
            absl::MutexLock lock(&call.mutex_);
            call.Forget(question.get());
            call.is_asking_ = false;
            call.has_asked_ = true;
          }
          call.SendMore();
        });
  }

  template <typename T>
  std::shared_ptr<T> Prepare(const Range& range) {
    auto message = std::make_shared<T>();
    message->call = shared_from_this();
    message->range = range;
    SetDeadline(options_, message->context);
    absl::MutexLock lock(&mutex_);
    contexts_.emplace(message.get(),
                      std::shared_ptr<grpc::ClientContext>(message, &message->context));
    // A cancellation before this did not see it.
    if (options_.cancellation.is_cancelled()) message->context.TryCancel();
    return message;
  }

  void Answered(const void* message, const Range& range, CompileResults results) {
    {
      absl::MutexLock lock(&mutex_);
      Forget(message);
      std::move(results.begin(), results.end(),
                results_.begin() + static_cast<ptrdiff_t>(range.begin));
      max_under_way_ = std::min(max_under_way_ + 1, kMaxMessagesUnderWay);
    }
    SendMore();
  }

  void Forget(const void* message) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    contexts_.erase(message);
    --under_way_;
  }

  void Fill(const Range& range, const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    for (size_t i = range.begin; i < range.end; ++i) results_[i] = status;
  }

  void CancelMessages() {
    std::map<const void*, std::shared_ptr<grpc::ClientContext>> contexts;
    std::map<uint64_t, Delayed> delayed;
    {
      absl::MutexLock lock(&mutex_);
      contexts = contexts_;
      delayed = delayed_;
    }
    for (const auto& [message, context] : contexts) context->TryCancel();
    // There they see that nobody waits for them.
    for (const auto& [id, one] : delayed) SendDelayed(id);
  }

  const std::shared_ptr<Server> server_;
  const std::vector<CompileRequest> requests_;
  const CallOptions options_;
  absl::Mutex mutex_;
  CompileCallback done_ ABSL_GUARDED_BY(mutex_);
  CompileResults results_;  // Guarded by mutex_ until the call ends.
  std::deque<Range> left_ ABSL_GUARDED_BY(mutex_);
  int under_way_ ABSL_GUARDED_BY(mutex_) = 0;
  int max_under_way_ ABSL_GUARDED_BY(mutex_) = kMaxMessagesUnderWay;
  bool is_asking_ ABSL_GUARDED_BY(mutex_) = false;  // For the server's limits.
  bool has_asked_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_done_ ABSL_GUARDED_BY(mutex_) = false;
  absl::BitGen random_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_delayed_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<uint64_t, Delayed> delayed_ ABSL_GUARDED_BY(mutex_);  // Until the server has capacity.
  // By their messages, which they keep.
  std::map<const void*, std::shared_ptr<grpc::ClientContext>> contexts_ ABSL_GUARDED_BY(mutex_);
  Cancellation::Registration registration_ ABSL_GUARDED_BY(mutex_);
};

RemoteSource::RemoteSource(const std::string& address)
    : RemoteSource(std::make_shared<Server>(address, ClientSecurity(), std::nullopt)) {}

RemoteSource::RemoteSource(std::shared_ptr<Server> server) : server_(std::move(server)) {}

absl::StatusOr<std::shared_ptr<RemoteSource>> RemoteSource::Create(const std::string& address,
                                                                   const ClientSecurity& security) {
  absl::Status status = CheckServerAddress(address);
  if (!status.ok()) return status;
  status = CheckSecurity(security);
  if (!status.ok()) return WithFieldPrefix(status, "tls");
  ClientSecurity secured = security;
  if (security.tls.has_any()) {
    absl::StatusOr<TlsFiles> copies = MirrorTlsFiles(security.tls, &LogWarning);
    if (!copies.ok()) return WithFieldPrefix(copies.status(), "tls");
    secured.tls = *std::move(copies);
  }
  std::optional<PinnedKeys> keys;
  if (!security.signing_keys.empty()) {
    absl::StatusOr<PinnedKeys> read = PinnedKeys::Read(security.signing_keys);
    if (!read.ok()) return read.status();
    keys = *std::move(read);
  }
  return std::shared_ptr<RemoteSource>(
      new RemoteSource(std::make_shared<Server>(address, secured, std::move(keys))));
}

void RemoteSource::Start(std::vector<CompileRequest> requests, const CallOptions& options,
                         CompileCallback done) {
  if (requests.empty()) {
    done({});
    return;
  }
  std::make_shared<Call>(server_, std::move(requests), options, std::move(done))->Begin();
}

absl::StatusOr<Capabilities> RemoteSource::GetCapabilities(const CallOptions& options) {
  absl::BitGen random;
  FailedSends failed;
  while (true) {
    Ending ending = Ending::kAnswered;
    absl::StatusOr<Capabilities> capabilities = AskForCapabilities(options, &ending);
    const std::optional<absl::Duration> delay =
        DelayBeforeResending(capabilities.status(), ending, options.deadline, failed, random);
    if (!delay.has_value()) return capabilities;
    // Outlives a cancellation that runs.
    const auto is_cancelled = std::make_shared<absl::Notification>();
    const Cancellation::Registration registration =
        options.cancellation.OnCancel([is_cancelled] { is_cancelled->Notify(); });
    is_cancelled->WaitForNotificationWithTimeout(*delay);
  }
}

absl::StatusOr<Capabilities> RemoteSource::AskForCapabilities(const CallOptions& options,
                                                              Ending* ending) {
  absl::Status status = CheckWanted(options);
  if (!status.ok()) return status;
  // Both outlive a cancellation that runs, and the source's end.
  const std::shared_ptr<Server> server = server_;
  const auto context = std::make_shared<grpc::ClientContext>();
  SetDeadline(options, *context);
  const Cancellation::Registration registration =
      options.cancellation.OnCancel([context] { context->TryCancel(); });
  v1::Capabilities message;
  const grpc::Status outcome =
      server->stub().GetCapabilities(context.get(), v1::GetCapabilitiesRequest(), &message);
  status = server->ToStatus(outcome, *context, options);
  *ending = server->EndingOf(outcome, status);
  if (!status.ok()) return status;
  return FromProto(message);
}

}  // namespace springboard
