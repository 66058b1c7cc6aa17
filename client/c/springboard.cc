#include "client/c/springboard.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/arena/refusal.h"
#include "client/c/error.h"
#include "client/c/remote.h"
#include "client/client.h"
#include "client/log.h"
#include "client/pack/pack.h"
#include "client/source/cancellation.h"
#include "client/source/in_process_source.h"
#include "client/source/pack_source.h"
#include "client/symbol_table.h"
#include "common/version.h"
#include "compiler/error_details.h"
#include "compiler/fast_api.h"

namespace sb = springboard;
using sb::c::Guarded;
using sb::c::IsSize;
using sb::c::NewError;
using sb::c::NullArgument;
using sb::c::WrongSize;

struct springboard_client {
  std::unique_ptr<sb::Client> client;
};

struct springboard_cancellation {
  sb::Cancellation cancellation;
};

struct springboard_trampoline {
  sb::BoundTrampoline bound;
};

struct springboard_library {
  sb::LinkedLibrary linked;
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

absl::StatusOr<sb::Signature> Parse(const char* text) {
  if (text == nullptr) return NullArgument("signature");
  return sb::Signature::Parse(text);
}

// // Of a struct of the caller's, which may be of an older version: the fields that it has, and
// what is usual for the rest.
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
    return sb::c::OutOfRange(field, absl::StrCat("a time is at least 1 ms; got ", value));
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

std::string TextOf(const char* text) { return text != nullptr ? text : ""; }

sb::ClientSecurity SecurityOf(const springboard_options& options) {
  sb::ClientSecurity security;
  security.tls = {TextOf(options.tls_certificate), TextOf(options.tls_key),
                  TextOf(options.tls_authorities)};
  security.server_name = TextOf(options.tls_server_name);
  security.token_file = TextOf(options.token_file);
  security.signing_keys = TextOf(options.signing_keys);
  return security;
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
        sb::MakeRemoteSource(options.server, SecurityOf(options));
    if (!server.ok()) return sb::WithFieldPrefix(server.status(), "options");
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

absl::StatusOr<sb::CallOptions> ReadCall(const springboard_call* given) {
  springboard_call call = {};
  if (given != nullptr) {
    const size_t size = given->struct_size;
    if (!IsSize(size, offsetof(springboard_call, cancellation) + sizeof(void*))) {
      return WrongSize("call.struct_size", "a call begins with its sizeof", size);
    }
    std::memcpy(&call, given, std::min(size, sizeof(call)));
  }
  if (call.timeout_ms < 0) {
    return sb::c::OutOfRange("call.timeout_ms",
                             absl::StrCat("a time is not negative; got ", call.timeout_ms));
  }
  sb::CallOptions options;
  if (call.timeout_ms > 0) options.deadline = absl::Now() + absl::Milliseconds(call.timeout_ms);
  if (call.cancellation != nullptr) options.cancellation = call.cancellation->cancellation;
  return options;
}

// A function to be linked, as the caller gives it.
struct LinkArguments {
  sb::Signature signature;
  sb::CallOptions options;
};

absl::StatusOr<LinkArguments> ReadLink(const springboard_client* client, const char* signature,
                                       const springboard_call* call) {
  if (client == nullptr) return NullArgument("client");
  absl::StatusOr<sb::Signature> parsed = Parse(signature);
  if (!parsed.ok()) return parsed.status();
  absl::StatusOr<sb::CallOptions> options = ReadCall(call);
  if (!options.ok()) return options.status();
  return LinkArguments{*std::move(parsed), *std::move(options)};
}

struct LinkLibraryArguments {
  std::vector<sb::SymbolRequest> symbols;
  sb::CallOptions options;
};

absl::StatusOr<LinkLibraryArguments> ReadLinkLibrary(const springboard_client* client,
                                                     const char* path,
                                                     const springboard_symbol* symbols,
                                                     size_t count, const springboard_call* call) {
  if (client == nullptr) return NullArgument("client");
  if (path == nullptr) return NullArgument("path");
  absl::StatusOr<std::vector<sb::SymbolRequest>> requests = SymbolRequests(symbols, count);
  if (!requests.ok()) return requests.status();
  absl::StatusOr<sb::CallOptions> options = ReadCall(call);
  if (!options.ok()) return options.status();
  return LinkLibraryArguments{*std::move(requests), *std::move(options)};
}

// Calls `done` with what was linked, as an object of the C ABI, or with the error.
template <typename Object, typename Linked, typename Done>
void CallBack(absl::StatusOr<Linked> linked, Done done, void* data) {
  springboard_error* error = nullptr;
  Object* const object = Guarded(&error, [&]() -> absl::StatusOr<Object*> {
    if (!linked.ok()) return linked.status();
    return new Object{*std::move(linked)};
  });
  done(data, object, error);
}

const sb::LinkedFunction* Find(const springboard_library* library, const char* name) {
  return library != nullptr && name != nullptr ? library->linked.Find(name) : nullptr;
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

void springboard_set_log(springboard_log log, void* data) {
  Guarded(nullptr, [&]() -> absl::StatusOr<bool> {
    sb::SetClientLogSink(log == nullptr ? sb::LogSink() : [log, data](absl::string_view line) {
      log(data, std::string(line).c_str());
    });
    return true;
  });
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

springboard_cancellation* springboard_cancellation_new(void) {
  return Guarded(nullptr, [&]() -> absl::StatusOr<springboard_cancellation*> {
    return new springboard_cancellation{sb::Cancellation::New()};
  });
}
void springboard_cancellation_cancel(springboard_cancellation* cancellation) {
  if (cancellation == nullptr) return;
  Guarded(nullptr, [&]() -> absl::StatusOr<bool> {
    cancellation->cancellation.Cancel();
    return true;
  });
}
void springboard_cancellation_free(springboard_cancellation* cancellation) { delete cancellation; }

springboard_trampoline* springboard_link(springboard_client* client, const char* signature,
                                         const void* callee, const springboard_call* call,
                                         springboard_error** error) {
  return Guarded(error, [&]() -> absl::StatusOr<springboard_trampoline*> {
    absl::StatusOr<LinkArguments> arguments = ReadLink(client, signature, call);
    if (!arguments.ok()) return arguments.status();
    absl::StatusOr<sb::BoundTrampoline> bound =
        client->client->Link(arguments->signature, callee, arguments->options);
    if (!bound.ok()) return bound.status();
    return new springboard_trampoline{*std::move(bound)};
  });
}

int springboard_link_async(springboard_client* client, const char* signature, const void* callee,
                           const springboard_call* call, springboard_linked done, void* data,
                           springboard_error** error) {
  return Guarded(error, [&]() -> absl::StatusOr<int> {
    if (done == nullptr) return NullArgument("done");
    absl::StatusOr<LinkArguments> arguments = ReadLink(client, signature, call);
    if (!arguments.ok()) return arguments.status();
    client->client->StartLink(arguments->signature, callee, arguments->options,
                              [done, data](absl::StatusOr<sb::BoundTrampoline> bound) {
                                CallBack<springboard_trampoline>(std::move(bound), done, data);
                              });
    return 1;
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
                                              const springboard_call* call,
                                              springboard_error** error) {
  return Guarded(error, [&]() -> absl::StatusOr<springboard_library*> {
    absl::StatusOr<LinkLibraryArguments> arguments =
        ReadLinkLibrary(client, path, symbols, count, call);
    if (!arguments.ok()) return arguments.status();
    absl::StatusOr<sb::LinkedLibrary> linked =
        client->client->LinkLibrary(path, arguments->symbols, arguments->options);
    if (!linked.ok()) return linked.status();
    return new springboard_library{*std::move(linked)};
  });
}

int springboard_link_library_async(springboard_client* client, const char* path,
                                   const springboard_symbol* symbols, size_t count,
                                   const springboard_call* call, springboard_library_linked done,
                                   void* data, springboard_error** error) {
  return Guarded(error, [&]() -> absl::StatusOr<int> {
    if (done == nullptr) return NullArgument("done");
    absl::StatusOr<LinkLibraryArguments> arguments =
        ReadLinkLibrary(client, path, symbols, count, call);
    if (!arguments.ok()) return arguments.status();
    client->client->StartLinkLibrary(path, std::move(arguments->symbols), arguments->options,
                                     [done, data](absl::StatusOr<sb::LinkedLibrary> linked) {
                                       CallBack<springboard_library>(std::move(linked), done, data);
                                     });
    return 1;
  });
}

springboard_library* springboard_link_symbol_table(springboard_client* client, const char* path,
                                                   const char* json, const springboard_call* call,
                                                   springboard_error** error) {
  return Guarded(error, [&]() -> absl::StatusOr<springboard_library*> {
    if (client == nullptr) return NullArgument("client");
    if (path == nullptr) return NullArgument("path");
    if (json == nullptr) return NullArgument("json");
    const absl::StatusOr<sb::CallOptions> options = ReadCall(call);
    if (!options.ok()) return options.status();
    absl::StatusOr<sb::LinkedLibrary> linked =
        sb::LinkSymbolTable(*client->client, path, json, *options);
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
