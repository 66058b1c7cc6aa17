#ifndef SPRINGBOARD_CLIENT_CLIENT_H_
#define SPRINGBOARD_CLIENT_CLIENT_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "client/arena/bound_trampoline.h"
#include "client/arena/code_arena.h"
#include "client/linked_library.h"
#include "client/source/circuit_breaker_source.h"
#include "client/source/source_statistics.h"
#include "client/source/trampoline_source.h"
#include "compiler/signature.h"

namespace springboard {

struct ClientOptions {
  // Where trampolines come from: one at least. They are asked in this order, each for what those
  // before it do not give; whatever is given is proven. A process that is not to link gRPC, or not
  // the compiler, leaves one out.
  std::shared_ptr<TrampolineSource> pack;        // PackSource
  std::shared_ptr<TrampolineSource> server;      // RemoteSource
  std::shared_ptr<TrampolineSource> in_process;  // InProcessSource

  // Only the server is asked, and an error of its is one of the client's.
  bool require_remote = false;

  // How long the server may take where something else can be asked instead; half of the time until
  // a call's deadline is its bound too.
  absl::Duration server_patience = absl::Milliseconds(500);

  // How long a server that failed is left alone, where something else can be asked instead.
  BackoffOptions backoff;

  // Of trampolines that are kept to be linked again. Calls that want the same at a time make one
  // request even with 0.
  size_t cache_bytes = 4 << 20;

  // Of calls that have no deadline of their own.
  absl::Duration timeout = absl::Seconds(10);

  CodeArenaOptions arena;
};

// Links native functions for a JavaScript engine: gets their trampolines from where they are,
// proves and maps them. Thread-safe. What it linked may outlive it.
class Client {
 public:
  // Does not connect to the server yet. Starts the one thread that the client needs, beside those
  // of gRPC, if the process has not got it. Errors: those of CodeArena::Create(), and
  // INVALID_ARGUMENT, NO_SOURCE (server) if there is none, or no server where it is required.
  static absl::StatusOr<std::unique_ptr<Client>> Create(ClientOptions options);

  // A trampoline through which V8 calls `callee`, a function of `signature`. Errors: those of the
  // sources and of CodeArena::Link().
  absl::StatusOr<BoundTrampoline> Link(const Signature& signature, const void* callee,
                                       CallOptions options = {});

  // Opens a library (as dlopen() finds it) and links functions of it, all or none, in one round
  // trip to the server. Errors: also
  //   NOT_FOUND  LIBRARY_NOT_FOUND (library), SYMBOL_NOT_FOUND (symbols[i].name)
  // and the field of what concerns one symbol begins with "symbols[i].".
  absl::StatusOr<LinkedLibrary> LinkLibrary(const std::string& library,
                                            absl::Span<const SymbolRequest> symbols,
                                            CallOptions options = {});

  // The same without waiting for the server: `done` is called once, before it returns or in any
  // other thread, and must not block. The library is opened before it returns. The client may be
  // destroyed meanwhile. With std::promise it is a future.
  using LinkCallback = std::function<void(absl::StatusOr<BoundTrampoline>)>;
  void StartLink(const Signature& signature, const void* callee, CallOptions options,
                 LinkCallback done);
  using LinkLibraryCallback = std::function<void(absl::StatusOr<LinkedLibrary>)>;
  void StartLinkLibrary(const std::string& library, std::vector<SymbolRequest> symbols,
                        CallOptions options, LinkLibraryCallback done);

  // How many trampolines came from where, and what failed.
  SourceCounts Stats() const { return statistics_->Get(); }

  // What links are made of.
  TrampolineSource& source() { return *source_; }
  CodeArena& arena() { return *arena_; }

 private:
  Client(CodeArena arena, std::shared_ptr<SourceStatistics> statistics,
         std::shared_ptr<TrampolineSource> source, absl::Duration timeout);

  CallOptions WithTimeout(CallOptions options) const;

  const std::shared_ptr<CodeArena> arena_;  // Kept by calls in progress.
  const std::shared_ptr<SourceStatistics> statistics_;
  const std::shared_ptr<TrampolineSource> source_;
  const absl::Duration timeout_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_CLIENT_H_
