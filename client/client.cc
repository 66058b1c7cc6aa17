#include "client/client.h"

#include <future>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "client/host_target.h"
#include "client/source/cached_source.h"
#include "client/source/counted_source.h"
#include "client/source/fallback_source.h"
#include "client/source/timer_queue.h"
#include "client/source/verified_source.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

using Source = std::shared_ptr<TrampolineSource>;
using Statistics = std::shared_ptr<SourceStatistics>;

absl::Status NoSource(absl::string_view field, absl::string_view message) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kNoSource, field, message);
}

// What an origin gives and is proven.
Source Origin(const char* name, Source source, const Statistics& statistics) {
  return std::make_shared<CountedSource>(
      name, std::make_shared<VerifiedSource>(std::move(source), statistics), statistics);
}

Source Before(Source first, Source other, absl::Duration patience, const Statistics& statistics) {
  return std::make_shared<FallbackSource>(std::move(first), std::move(other), patience, statistics);
}

absl::StatusOr<Source> Compose(const ClientOptions& options, const Statistics& statistics) {
  if (options.server == nullptr && options.require_remote) {
    return NoSource("server", "the server is required, and there is none");
  }
  // Each source is put before those that are asked for what it does not give.
  Source source;
  if (options.in_process != nullptr && !options.require_remote) {
    source = Origin("in process", options.in_process, statistics);
  }
  if (options.server != nullptr) {
    Source server = Origin("server", options.server, statistics);
    source = source == nullptr ? std::move(server)
                               : Before(std::make_shared<CircuitBreakerSource>(
                                            std::move(server), options.backoff, statistics),
                                        std::move(source), options.server_patience, statistics);
  }
  if (source != nullptr) {
    source = std::make_shared<CachedSource>(std::move(source), options.cache_bytes, statistics);
  }
  // Before the cache: it is in memory already, and may be of another codegen version.
  if (options.pack != nullptr && !options.require_remote) {
    Source pack = Origin("pack", options.pack, statistics);
    source = source == nullptr
                 ? std::move(pack)
                 : Before(std::move(pack), std::move(source), absl::InfiniteDuration(), statistics);
  }
  if (source == nullptr) {
    return NoSource("server",
                    "trampolines come from a pack, a server or this process; got none of them");
  }
  return source;
}

// An error that is nothing single's, such as another version, stays so.
absl::Status ForSymbol(const absl::Status& status, size_t index) {
  const std::optional<ErrorDetails> details = GetErrorDetails(status);
  if (!details.has_value() || details->field.empty()) return status;
  return WithFieldPrefix(status, absl::StrCat("symbols[", index, "]"));
}

// An error of CodeArena::LinkAll(), of whose requests each is for the symbol of an index.
absl::Status ForRequest(const absl::Status& status, const std::vector<size_t>& indexes) {
  const std::optional<ErrorDetails> details = GetErrorDetails(status);
  if (!details.has_value()) return status;
  // "requests[3].code"
  const std::vector<absl::string_view> parts =
      absl::StrSplit(details->field, absl::MaxSplits(absl::ByAnyChar("[]"), 2));
  size_t request = 0;
  if (parts.size() != 3 || parts[0] != "requests" || !absl::SimpleAtoi(parts[1], &request) ||
      request >= indexes.size()) {
    return status;
  }
  return ForSymbol(
      MakeError(status.code(), details->reason, absl::StripPrefix(parts[2], "."), status.message()),
      indexes[request]);
}

// Those of the symbols that the library has, in order.
struct FoundSymbols {
  std::vector<SymbolRequest> symbols;
  std::vector<size_t> indexes;  // In what was asked for.
  std::vector<const void*> callees;
  std::vector<CompileRequest> requests;
};

absl::StatusOr<FoundSymbols> FindSymbols(const SharedLibrary& library, const std::string& path,
                                         std::vector<SymbolRequest> symbols) {
  FoundSymbols found;
  for (size_t i = 0; i < symbols.size(); ++i) {
    SymbolRequest& request = symbols[i];
    const std::string& symbol = request.symbol.empty() ? request.name : request.symbol;
    const void* const callee = library.Find(symbol);
    if (callee != nullptr) {
      found.indexes.push_back(i);
      found.callees.push_back(callee);
      found.requests.push_back({request.signature, *HostTarget()});
      found.symbols.push_back(std::move(request));
    } else if (!request.is_optional) {
      return ForSymbol(MakeError(absl::StatusCode::kNotFound, reason::kSymbolNotFound, "name",
                                 absl::StrCat(path, " has no function ", Shown(symbol))),
                       i);
    }
  }
  return found;
}

absl::StatusOr<LinkedLibrary> LinkFound(CodeArena& arena, SharedLibrary library, FoundSymbols found,
                                        const CompileResults& trampolines) {
  std::vector<LinkRequest> links;
  links.reserve(found.symbols.size());
  for (size_t i = 0; i < found.symbols.size(); ++i) {
    if (!trampolines[i].ok()) return ForSymbol(trampolines[i].status(), found.indexes[i]);
    links.push_back({&found.symbols[i].signature, &*trampolines[i], found.callees[i]});
  }
  absl::StatusOr<std::vector<BoundTrampoline>> linked = arena.LinkAll(links);
  if (!linked.ok()) return ForRequest(linked.status(), found.indexes);
  std::vector<LinkedFunction> functions;
  functions.reserve(links.size());
  for (size_t i = 0; i < links.size(); ++i) {
    SymbolRequest& symbol = found.symbols[i];
    const FastApiTemplate fast_api = MakeFastApiTemplate(symbol.signature);
    functions.push_back({std::move(symbol.name), std::move(symbol.signature), fast_api,
                         found.callees[i], std::move((*linked)[i])});
  }
  return LinkedLibrary(std::move(library), std::move(functions));
}

// What `link` gives. It runs in a thread of gRPC's, which swallows what is thrown, and with it the
// end of the call.
template <typename Linked, typename Function>
absl::StatusOr<Linked> OrNoMemory(const Function& link) {
  try {
    return link();
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("there is no memory left");
  }
}

}  // namespace

Client::Client(CodeArena arena, Statistics statistics, Source source, absl::Duration timeout)
    : arena_(std::make_shared<CodeArena>(std::move(arena))),
      statistics_(std::move(statistics)),
      source_(std::move(source)),
      timeout_(timeout) {}

absl::StatusOr<std::unique_ptr<Client>> Client::Create(ClientOptions options) {
  const auto statistics = std::make_shared<SourceStatistics>();
  absl::StatusOr<Source> source = Compose(options, statistics);
  if (!source.ok()) return source.status();
  absl::StatusOr<CodeArena> arena = CodeArena::Create(std::move(options.arena));
  if (!arena.ok()) return arena.status();
  // Now, since a process may lock itself down afterwards; without it deadlines are kept less well.
  TimerQueue::Get().Prepare();
  return std::unique_ptr<Client>(
      new Client(*std::move(arena), statistics, *std::move(source), options.timeout));
}

CallOptions Client::WithTimeout(CallOptions options) const {
  if (options.deadline == absl::InfiniteFuture()) options.deadline = absl::Now() + timeout_;
  return options;
}

absl::StatusOr<BoundTrampoline> Client::Link(const Signature& signature, const void* callee,
                                             CallOptions options) {
  std::promise<absl::StatusOr<BoundTrampoline>> promise;
  StartLink(signature, callee, std::move(options),
            [&promise](auto linked) { promise.set_value(std::move(linked)); });
  return promise.get_future().get();
}

void Client::StartLink(const Signature& signature, const void* callee, CallOptions options,
                       LinkCallback done) {
  if (CheckWanted(options).ok()) {
    if (const std::optional<Trampoline> kept = source_->FindKept({signature, *HostTarget()})) {
      done(OrNoMemory<BoundTrampoline>([&] { return arena_->Link(signature, *kept, callee); }));
      return;
    }
  }
  source_->Start(
      {{signature, *HostTarget()}}, WithTimeout(std::move(options)),
      [arena = arena_, signature, callee, done = std::move(done)](const CompileResults& results) {
        done(OrNoMemory<BoundTrampoline>([&]() -> absl::StatusOr<BoundTrampoline> {
          const absl::StatusOr<Trampoline>& trampoline = results.front();
          if (!trampoline.ok()) return trampoline.status();
          return arena->Link(signature, *trampoline, callee);
        }));
      });
}

absl::StatusOr<LinkedLibrary> Client::LinkLibrary(const std::string& library,
                                                  absl::Span<const SymbolRequest> symbols,
                                                  CallOptions options) {
  std::promise<absl::StatusOr<LinkedLibrary>> promise;
  StartLinkLibrary(library, {symbols.begin(), symbols.end()}, std::move(options),
                   [&promise](auto linked) { promise.set_value(std::move(linked)); });
  return promise.get_future().get();
}

void Client::StartLinkLibrary(const std::string& library, std::vector<SymbolRequest> symbols,
                              CallOptions options, LinkLibraryCallback done) {
  absl::StatusOr<SharedLibrary> opened = SharedLibrary::Open(library);
  if (!opened.ok()) {
    done(opened.status());
    return;
  }
  absl::StatusOr<FoundSymbols> found = FindSymbols(*opened, library, std::move(symbols));
  if (!found.ok()) {
    done(found.status());
    return;
  }
  std::vector<CompileRequest> requests = found->requests;
  // A std::function is copied, and these are not.
  const auto state = std::make_shared<std::pair<SharedLibrary, FoundSymbols>>(*std::move(opened),
                                                                              *std::move(found));
  source_->Start(std::move(requests), WithTimeout(std::move(options)),
                 [arena = arena_, state, done = std::move(done)](const CompileResults& results) {
                   done(OrNoMemory<LinkedLibrary>([&] {
                     return LinkFound(*arena, std::move(state->first), std::move(state->second),
                                      results);
                   }));
                 });
}

}  // namespace springboard
