#include "client/client.h"

#include <algorithm>
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
  BackoffOptions backoff = options.backoff;
  backoff.fair_time = std::min(backoff.fair_time, options.server_patience / 2);
  // Each source is put before those that are asked for what it does not give.
  Source source;
  if (options.in_process != nullptr && !options.require_remote) {
    source = Origin("in process", options.in_process, statistics);
  }
  if (options.server != nullptr) {
    Source server = Origin("server", options.server, statistics);
    source =
        source == nullptr
            ? std::move(server)
            : Before(std::make_shared<CircuitBreakerSource>(std::move(server), backoff, statistics),
                     std::move(source), options.server_patience, statistics);
  }
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
  return std::make_shared<CachedSource>(std::move(source), options.cache_bytes, statistics);
}

absl::Status ForSymbol(const absl::Status& status, size_t index) {
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

// Those of the symbols that the library has.
struct Found {
  std::vector<size_t> indexes;
  std::vector<const void*> callees;
};

absl::StatusOr<Found> FindSymbols(const SharedLibrary& library, const std::string& path,
                                  absl::Span<const SymbolRequest> symbols) {
  Found found;
  for (size_t i = 0; i < symbols.size(); ++i) {
    const SymbolRequest& request = symbols[i];
    const std::string& symbol = request.symbol.empty() ? request.name : request.symbol;
    const void* const callee = library.Find(symbol);
    if (callee != nullptr) {
      found.indexes.push_back(i);
      found.callees.push_back(callee);
    } else if (!request.is_optional) {
      return ForSymbol(MakeError(absl::StatusCode::kNotFound, reason::kSymbolNotFound, "name",
                                 absl::StrCat(path, " has no function ", symbol)),
                       i);
    }
  }
  return found;
}

}  // namespace

Client::Client(CodeArena arena, Statistics statistics, Source source, absl::Duration timeout)
    : arena_(std::move(arena)),
      statistics_(std::move(statistics)),
      source_(std::move(source)),
      timeout_(timeout) {}

absl::StatusOr<std::unique_ptr<Client>> Client::Create(ClientOptions options) {
  const auto statistics = std::make_shared<SourceStatistics>();
  absl::StatusOr<Source> source = Compose(options, statistics);
  if (!source.ok()) return source.status();
  absl::StatusOr<CodeArena> arena = CodeArena::Create(std::move(options.arena));
  if (!arena.ok()) return arena.status();
  return std::unique_ptr<Client>(
      new Client(*std::move(arena), statistics, *std::move(source), options.timeout));
}

CallOptions Client::WithTimeout(CallOptions options) const {
  if (options.deadline == absl::InfiniteFuture()) options.deadline = absl::Now() + timeout_;
  return options;
}

absl::StatusOr<BoundTrampoline> Client::Link(const Signature& signature, const void* callee,
                                             CallOptions options) {
  const absl::StatusOr<Trampoline> trampoline =
      source_->Compile({signature, *HostTarget()}, WithTimeout(std::move(options)));
  if (!trampoline.ok()) return trampoline.status();
  return arena_.Link(signature, *trampoline, callee);
}

absl::StatusOr<LinkedLibrary> Client::LinkLibrary(const std::string& library,
                                                  absl::Span<const SymbolRequest> symbols,
                                                  CallOptions options) {
  absl::StatusOr<SharedLibrary> opened = SharedLibrary::Open(library);
  if (!opened.ok()) return opened.status();
  const absl::StatusOr<Found> found = FindSymbols(*opened, library, symbols);
  if (!found.ok()) return found.status();
  std::vector<CompileRequest> requests;
  requests.reserve(found->indexes.size());
  for (const size_t index : found->indexes) {
    requests.push_back({symbols[index].signature, *HostTarget()});
  }
  const CompileResults trampolines =
      source_->CompileMany(requests, WithTimeout(std::move(options)));
  std::vector<LinkRequest> links;
  links.reserve(requests.size());
  for (size_t i = 0; i < requests.size(); ++i) {
    if (!trampolines[i].ok()) return ForSymbol(trampolines[i].status(), found->indexes[i]);
    links.push_back({&requests[i].signature, &*trampolines[i], found->callees[i]});
  }
  absl::StatusOr<std::vector<BoundTrampoline>> linked = arena_.LinkAll(links);
  if (!linked.ok()) return ForRequest(linked.status(), found->indexes);
  std::vector<LinkedFunction> functions;
  functions.reserve(links.size());
  for (size_t i = 0; i < links.size(); ++i) {
    const SymbolRequest& symbol = symbols[found->indexes[i]];
    functions.push_back({symbol.name, symbol.signature, MakeFastApiTemplate(symbol.signature),
                         found->callees[i], std::move((*linked)[i])});
  }
  return LinkedLibrary(*std::move(opened), std::move(functions));
}

}  // namespace springboard
