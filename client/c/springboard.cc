#include "client/c/springboard.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "client/arena/refusal.h"
#include "client/c/remote.h"
#include "client/client.h"
#include "client/pack/pack.h"
#include "client/source/in_process_source.h"
#include "client/source/pack_source.h"
#include "client/symbol_table.h"
#include "common/version.h"
#include "compiler/error_details.h"
#include "compiler/fast_api.h"

namespace sb = springboard;

struct springboard_error {
  int code;
  std::string reason;
  std::string field;
  std::string message;
};

struct springboard_client {
  std::unique_ptr<sb::Client> client;
};

struct springboard_trampoline {
  sb::BoundTrampoline bound;
};

struct springboard_library {
  sb::LinkedLibrary linked;
};

struct springboard_test_server {
  std::unique_ptr<sb::TestServer> server;
};

// The C enum has the C++ one's values.
static_assert(SPRINGBOARD_FAST_API_V8_VALUE == static_cast<int>(sb::FastApiType::kV8Value));
static_assert(SPRINGBOARD_FAST_API_VOID == static_cast<int>(sb::FastApiType::kVoid));
static_assert(SPRINGBOARD_FAST_API_BOOL == static_cast<int>(sb::FastApiType::kBool));
static_assert(SPRINGBOARD_FAST_API_INT32 == static_cast<int>(sb::FastApiType::kInt32));
static_assert(SPRINGBOARD_FAST_API_UINT32 == static_cast<int>(sb::FastApiType::kUint32));
static_assert(SPRINGBOARD_FAST_API_INT64 == static_cast<int>(sb::FastApiType::kInt64));
static_assert(SPRINGBOARD_FAST_API_UINT64 == static_cast<int>(sb::FastApiType::kUint64));
static_assert(SPRINGBOARD_FAST_API_FLOAT32 == static_cast<int>(sb::FastApiType::kFloat32));
static_assert(SPRINGBOARD_FAST_API_FLOAT64 == static_cast<int>(sb::FastApiType::kFloat64));
static_assert(SPRINGBOARD_FAST_API_TYPED_ARRAY_UINT8 ==
              static_cast<int>(sb::FastApiType::kTypedArrayUint8));
static_assert(SPRINGBOARD_FAST_API_TYPED_ARRAY_INT32 ==
              static_cast<int>(sb::FastApiType::kTypedArrayInt32));

namespace {

springboard_error* NewError(const absl::Status& status) {
  const auto details = sb::GetErrorDetails(status).value_or(sb::ErrorDetails{});
  return new springboard_error{static_cast<int>(status.code()), details.reason, details.field,
                               std::string(status.message())};
}

// Made when the library is loaded, for when there is no memory for another; never freed.
springboard_error* const kNoMemory = new springboard_error{
    SPRINGBOARD_RESOURCE_EXHAUSTED, "OUT_OF_MEMORY", "", "there is no memory left"};

springboard_error* ErrorOf(const std::exception& exception) noexcept {
  if (dynamic_cast<const std::bad_alloc*>(&exception) != nullptr) return kNoMemory;
  try {
    return NewError(absl::InternalError(exception.what()));
  } catch (const std::exception&) {
    return kNoMemory;
  }
}

// What `function` returns, an absl::StatusOr of the same; or nothing, and *error is set. Lets no
// exception out.
template <typename Function>
auto Guarded(springboard_error** error, const Function& function) noexcept ->
    typename decltype(function())::value_type {
  try {
    auto result = function();
    if (result.ok()) return *std::move(result);
    if (error != nullptr) *error = NewError(result.status());
  } catch (const std::exception& exception) {
    if (error != nullptr) *error = ErrorOf(exception);
  }
  return {};
}

absl::Status NullArgument(const char* field) {
  return sb::MakeError(absl::StatusCode::kInvalidArgument, sb::reason::kNullArgument, field,
                       absl::StrCat(field, " must not be NULL"));
}

absl::StatusOr<sb::Signature> Parse(const char* text) {
  if (text == nullptr) return NullArgument("signature");
  return sb::Signature::Parse(text);
}

// // Whether a caller's struct can be of this size: at most that of a later version.
bool IsSize(size_t size, size_t least) { return size >= least && size <= 4096; }

absl::Status WrongSize(const char* field, const char* rule, size_t size) {
  return sb::MakeError(absl::StatusCode::kInvalidArgument, sb::reason::kWrongStructSize, field,
                       absl::StrCat(rule, "; got a struct_size of ", size));
}

// Of a struct of the caller's, which may be of an older version: the fields that it has, and what
// is usual for the rest.
absl::StatusOr<springboard_options> ReadOptions(const springboard_options* given) {
  springboard_options options;
  springboard_options_init(&options);
  if (given == nullptr) return options;
  const size_t size = given->struct_size;
  if (!IsSize(size, offsetof(springboard_options, server) + sizeof(options.server))) {
    return WrongSize("options.struct_size", "options are initialised by springboard_options_init()",
                     size);
  }
  std::memcpy(&options, given, std::min(size, sizeof(options)));
  for (const auto& [field, value] :
       {std::pair<const char*, int64_t>{"options.timeout_ms", options.timeout_ms},
        {"options.server_patience_ms", options.server_patience_ms}}) {
    if (value >= 1) continue;
    return sb::MakeError(absl::StatusCode::kInvalidArgument, sb::reason::kOutOfRange, field,
                         absl::StrCat("a time is at least 1 ms; got ", value));
  }
  return options;
}

absl::StatusOr<sb::MappingWay> FindWay(absl::string_view name) {
  std::string names;
  for (const sb::MappingWay way :
       {sb::MappingWay::kSealedShared, sb::MappingWay::kSealedPrivate, sb::MappingWay::kDual,
        sb::MappingWay::kTemporaryFile, sb::MappingWay::kAnonymous}) {
    if (sb::Name(way) == name) return way;
    absl::StrAppend(&names, " ", sb::Name(way));
  }
  return sb::MakeError(absl::StatusCode::kInvalidArgument, sb::reason::kNoSuchWay, "options.way",
                       absl::StrCat("a way is one of", names, "; got \"", name, "\""));
}

absl::StatusOr<sb::ClientOptions> ClientOptionsOf(const springboard_options& options) {
  sb::ClientOptions result;
  if (options.pack != nullptr) {
    absl::StatusOr<sb::Pack> pack = sb::Pack::Open(options.pack);
    if (!pack.ok()) return sb::WithFieldPrefix(pack.status(), "options");
    result.pack = std::make_shared<sb::PackSource>(*std::move(pack));
  }
  if (options.way != nullptr) {
    const absl::StatusOr<sb::MappingWay> way = FindWay(options.way);
    if (!way.ok()) return way.status();
    result.arena.way = *way;
  }
  if (options.server != nullptr) {
    absl::StatusOr<std::shared_ptr<sb::TrampolineSource>> server =
        sb::MakeRemoteSource(options.server);
    if (!server.ok()) return server.status();
    result.server = *std::move(server);
  }
  if (options.in_process != 0) result.in_process = std::make_shared<sb::InProcessSource>();
  result.require_remote = options.require_remote != 0;
  result.timeout = absl::Milliseconds(options.timeout_ms);
  result.server_patience = absl::Milliseconds(options.server_patience_ms);
  result.cache_bytes = options.cache_bytes;
  result.arena.reserve_bytes = options.reserve_bytes;
  return result;
}

absl::StatusOr<std::vector<sb::SymbolRequest>> SymbolRequests(const springboard_symbol* symbols,
                                                              size_t count) {
  if (symbols == nullptr && count > 0) return NullArgument("symbols");
  std::vector<sb::SymbolRequest> requests;
  requests.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const springboard_symbol& symbol = symbols[i];
    const std::string prefix = absl::StrCat("symbols[", i, "]");
    if (symbol.name == nullptr) return sb::WithFieldPrefix(NullArgument("name"), prefix);
    absl::StatusOr<sb::Signature> signature = Parse(symbol.signature);
    if (!signature.ok()) return sb::WithFieldPrefix(signature.status(), prefix);
    requests.push_back({symbol.name, *std::move(signature),
                        symbol.symbol != nullptr ? symbol.symbol : "", symbol.is_optional != 0});
  }
  return requests;
}

const sb::LinkedFunction* Find(const springboard_library* library, const char* name) {
  return library != nullptr && name != nullptr ? library->linked.Find(name) : nullptr;
}

springboard_test_server* StartServer(sb::TestServerKind kind, springboard_error** error) {
  return Guarded(error, [&]() -> absl::StatusOr<springboard_test_server*> {
    absl::StatusOr<std::unique_ptr<sb::TestServer>> server = sb::StartTestServer(kind);
    if (!server.ok()) return server.status();
    return new springboard_test_server{*std::move(server)};
  });
}

absl::StatusOr<sb::Faults> ReadFaults(const springboard_faults* given) {
  springboard_faults faults = {};
  if (given != nullptr) {
    const size_t size = given->struct_size;
    if (!IsSize(size, offsetof(springboard_faults, api_version) + sizeof(faults.api_version))) {
      return WrongSize("faults.struct_size", "faults begin with their sizeof", size);
    }
    std::memcpy(&faults, given, std::min(size, sizeof(faults)));
  }
  if (faults.delay_ms < 0) {
    return sb::MakeError(absl::StatusCode::kInvalidArgument, sb::reason::kOutOfRange,
                         "faults.delay_ms",
                         absl::StrCat("a delay is not negative; got ", faults.delay_ms));
  }
  if (faults.error < SPRINGBOARD_OK || faults.error > SPRINGBOARD_UNAUTHENTICATED) {
    return sb::MakeError(
        absl::StatusCode::kInvalidArgument, sb::reason::kOutOfRange, "faults.error",
        absl::StrCat("an error is one of springboard_code, 0 to 16; got ", faults.error));
  }
  return sb::Faults{absl::Milliseconds(faults.delay_ms),
                    static_cast<absl::StatusCode>(faults.error), faults.gives_wrong_code != 0,
                    faults.gives_garbage != 0,
                    faults.api_version != nullptr ? faults.api_version : ""};
}

uint64_t CountOf(const sb::SourceCounts& counts, const char* origin) {
  for (const sb::SourceCounts::Origin& one : counts.origins) {
    if (one.name == origin) return one.trampolines;
  }
  return 0;
}

}  // namespace

uint32_t springboard_abi_version(void) { return SPRINGBOARD_ABI_VERSION; }
const char* springboard_version(void) { return sb::kVersion; }

int springboard_error_code(const springboard_error* error) {
  return error != nullptr ? error->code : 0;
}
const char* springboard_error_reason(const springboard_error* error) {
  return error != nullptr ? error->reason.c_str() : "";
}
const char* springboard_error_field(const springboard_error* error) {
  return error != nullptr ? error->field.c_str() : "";
}
const char* springboard_error_message(const springboard_error* error) {
  return error != nullptr ? error->message.c_str() : "";
}
void springboard_error_free(springboard_error* error) {
  if (error != kNoMemory) delete error;
}

void springboard_options_init_sized(springboard_options* options, size_t struct_size) {
  if (options == nullptr) return;
  // Not sb::ClientOptions' own, whose making needs memory.
  constexpr int64_t kTimeoutMs = 10000;
  constexpr int64_t kServerPatienceMs = 500;
  constexpr size_t kCacheBytes = 4 << 20;
  springboard_options usual = {};
  usual.struct_size = struct_size;
  usual.in_process = 1;
  usual.timeout_ms = kTimeoutMs;
  usual.server_patience_ms = kServerPatienceMs;
  usual.cache_bytes = kCacheBytes;
  std::memcpy(options, &usual, std::min(struct_size, sizeof(usual)));
}

springboard_client* springboard_client_create(const springboard_options* options,
                                              springboard_error** error) {
  return Guarded(error, [&]() -> absl::StatusOr<springboard_client*> {
    const absl::StatusOr<springboard_options> read = ReadOptions(options);
    if (!read.ok()) return read.status();
    absl::StatusOr<sb::ClientOptions> client_options = ClientOptionsOf(*read);
    if (!client_options.ok()) return client_options.status();
    absl::StatusOr<std::unique_ptr<sb::Client>> client =
        sb::Client::Create(*std::move(client_options));
    if (!client.ok()) return client.status();
    return new springboard_client{*std::move(client)};
  });
}

void springboard_client_free(springboard_client* client) { delete client; }

springboard_trampoline* springboard_link(springboard_client* client, const char* signature,
                                         const void* callee, springboard_error** error) {
  return Guarded(error, [&]() -> absl::StatusOr<springboard_trampoline*> {
    if (client == nullptr) return NullArgument("client");
    const absl::StatusOr<sb::Signature> parsed = Parse(signature);
    if (!parsed.ok()) return parsed.status();
    absl::StatusOr<sb::BoundTrampoline> bound = client->client->Link(*parsed, callee);
    if (!bound.ok()) return bound.status();
    return new springboard_trampoline{*std::move(bound)};
  });
}

const void* springboard_trampoline_entry(const springboard_trampoline* trampoline) {
  return trampoline != nullptr ? trampoline->bound.entry() : nullptr;
}
int springboard_trampoline_repoint(springboard_trampoline* trampoline, const void* callee,
                                   springboard_error** error) {
  return Guarded(error, [&]() -> absl::StatusOr<int> {
    if (trampoline == nullptr) return NullArgument("trampoline");
    const absl::Status status = trampoline->bound.Repoint(callee);
    if (!status.ok()) return status;
    return 1;
  });
}
void springboard_trampoline_free(springboard_trampoline* trampoline) { delete trampoline; }

springboard_library* springboard_link_library(springboard_client* client, const char* path,
                                              const springboard_symbol* symbols, size_t count,
                                              springboard_error** error) {
  return Guarded(error, [&]() -> absl::StatusOr<springboard_library*> {
    if (client == nullptr) return NullArgument("client");
    if (path == nullptr) return NullArgument("path");
    const absl::StatusOr<std::vector<sb::SymbolRequest>> requests = SymbolRequests(symbols, count);
    if (!requests.ok()) return requests.status();
    absl::StatusOr<sb::LinkedLibrary> linked = client->client->LinkLibrary(path, *requests);
    if (!linked.ok()) return linked.status();
    return new springboard_library{*std::move(linked)};
  });
}

springboard_library* springboard_link_symbol_table(springboard_client* client, const char* path,
                                                   const char* json, springboard_error** error) {
  return Guarded(error, [&]() -> absl::StatusOr<springboard_library*> {
    if (client == nullptr) return NullArgument("client");
    if (path == nullptr) return NullArgument("path");
    if (json == nullptr) return NullArgument("json");
    absl::StatusOr<sb::LinkedLibrary> linked = sb::LinkSymbolTable(*client->client, path, json);
    if (!linked.ok()) return linked.status();
    return new springboard_library{*std::move(linked)};
  });
}

size_t springboard_library_count(const springboard_library* library) {
  return library != nullptr ? library->linked.functions().size() : 0;
}
const char* springboard_library_name(const springboard_library* library, size_t index) {
  if (index >= springboard_library_count(library)) return nullptr;
  return library->linked.functions()[index].name.c_str();
}
const void* springboard_library_entry(const springboard_library* library, const char* name) {
  const sb::LinkedFunction* const function = Find(library, name);
  return function != nullptr ? function->trampoline.entry() : nullptr;
}
const void* springboard_library_callee(const springboard_library* library, const char* name) {
  const sb::LinkedFunction* const function = Find(library, name);
  return function != nullptr ? function->callee : nullptr;
}
void springboard_library_free(springboard_library* library) { delete library; }

size_t springboard_fast_api(const char* signature, uint8_t* arguments, size_t capacity,
                            uint8_t* result, springboard_error** error) {
  return Guarded(error, [&]() -> absl::StatusOr<size_t> {
    if (arguments == nullptr && capacity > 0) return NullArgument("arguments");
    const absl::StatusOr<sb::Signature> parsed = Parse(signature);
    if (!parsed.ok()) return parsed.status();
    const sb::FastApiTemplate fast_api = sb::MakeFastApiTemplate(*parsed);
    for (size_t i = 0; i < std::min(capacity, fast_api.arguments.size()); ++i) {
      arguments[i] = static_cast<uint8_t>(fast_api.arguments[i]);
    }
    if (result != nullptr) *result = static_cast<uint8_t>(fast_api.result);
    return fast_api.arguments.size();
  });
}

void springboard_client_stats(const springboard_client* client, springboard_stats* stats) {
  if (client == nullptr || stats == nullptr) return;
  Guarded(nullptr, [&]() -> absl::StatusOr<bool> {
    const sb::SourceCounts counts = client->client->Stats();
    const springboard_stats all = {stats->struct_size,
                                   CountOf(counts, "pack"),
                                   CountOf(counts, "server"),
                                   CountOf(counts, "in process"),
                                   counts.cache_hits,
                                   counts.cache_misses,
                                   counts.rejected,
                                   counts.fallbacks,
                                   counts.joined,
                                   counts.circuit_openings};
    std::memcpy(stats, &all, std::min(stats->struct_size, sizeof(all)));
    return true;
  });
}

springboard_error* springboard_client_last_error(const springboard_client* client) {
  if (client == nullptr) return nullptr;
  return Guarded(nullptr, [&]() -> absl::StatusOr<springboard_error*> {
    const absl::Status last = client->client->Stats().last_error;
    return last.ok() ? nullptr : NewError(last);
  });
}

springboard_test_server* springboard_test_server_start(springboard_error** error) {
  return StartServer(sb::TestServerKind::kReal, error);
}
springboard_test_server* springboard_faulty_server_start(springboard_error** error) {
  return StartServer(sb::TestServerKind::kFaulty, error);
}
const char* springboard_test_server_address(const springboard_test_server* server) {
  return server != nullptr ? server->server->address().c_str() : "";
}
void springboard_test_server_free(springboard_test_server* server) { delete server; }

int springboard_faulty_server_set_faults(springboard_test_server* server,
                                         const springboard_faults* faults,
                                         springboard_error** error) {
  return Guarded(error, [&]() -> absl::StatusOr<int> {
    if (server == nullptr) return NullArgument("server");
    const absl::StatusOr<sb::Faults> read = ReadFaults(faults);
    if (!read.ok()) return read.status();
    const absl::Status status = server->server->SetFaults(*read);
    if (!status.ok()) return status;
    return 1;
  });
}
int springboard_faulty_server_disconnect(springboard_test_server* server,
                                         springboard_error** error) {
  return Guarded(error, [&]() -> absl::StatusOr<int> {
    if (server == nullptr) return NullArgument("server");
    const absl::Status status = server->server->Disconnect();
    if (!status.ok()) return status;
    return 1;
  });
}
uint64_t springboard_faulty_server_calls(const springboard_test_server* server) {
  return server != nullptr ? server->server->calls() : 0;
}
