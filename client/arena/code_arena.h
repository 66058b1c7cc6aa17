#ifndef SPRINGBOARD_CLIENT_ARENA_CODE_ARENA_H_
#define SPRINGBOARD_CLIENT_ARENA_CODE_ARENA_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "client/arena/bound_trampoline.h"
#include "client/arena/code_mapper.h"
#include "client/arena/code_observer.h"
#include "client/arena/linker.h"
#include "client/arena/refusal.h"
#include "client/arena/unwind_tables.h"
#include "client/code_check.h"
#include "client/mapping/mapping_way.h"
#include "compiler/signature.h"
#include "compiler/trampoline.h"

namespace springboard {

struct StaticTable;

struct CodeArenaOptions {
  // Only this way. Without it all are tried in the order of MappingWay, and the first is taken in
  // which code runs.
  std::optional<MappingWay> way;

  // More than 0: so many bytes are mapped at once, and the arena never again asks the system to map
  // code; so the process may forbid that to itself from then on. Rounded up to pages. What does not
  // fit is an error, ARENA_FULL. In a way that seals, each call of Link() or LinkAll() takes up at
  // least one chunk of kChunkBytes of it, for good: link all at once, or use MappingWay::kDual.
  size_t reserve_bytes = 0;

  // For MappingWay::kTemporaryFile: a directory on a file system without noexec. If empty, TMPDIR,
  // /tmp, /var/tmp and /dev/shm are tried.
  std::string temporary_directory;

  // For MappingWay::kStaticTable, which is left out without one. Stays for the life of the process:
  // a library that has one is not to be unloaded.
  const StaticTable* static_table = nullptr;

  // For MappingWay::kEmbedder: the only source of pages, if there is one, so that `way` is either
  // not set or kEmbedder. Outlives the arena and all that it linked.
  CodeMapper* mapper = nullptr;

  // Off: code is mapped without proof. Each trampoline is counted, each call that links any logs a
  // line.
  Verification verification = Verification::kOn;

  // Lets code that is proven, and sealed, jump to its callee directly where it can be mapped within
  // reach of it: within 2 GB on x86-64, and 128 MB on AArch64. It is proven once more as it is
  // then. Without it, and elsewhere, each call loads the callee's address, and can go anywhere.
  bool relaxes = true;

  // Lets exceptions and backtraces of the C++ runtime pass trampolines that have a frame; none:
  // they end there. Synchronous tables take up to 5 bytes for each; with them a backtrace from a
  // signal handler that interrupts a trampoline shows false callers. Asynchronous ones take 8 to 24
  // bytes.
  std::optional<UnwindTables> unwind_tables = UnwindTables::kSynchronous;

  // Others that are told of new code: OpenPerfMap(), OpenJitDump(), GdbJit(), Libunwind(). Outlive
  // the arena and all that it linked. An error of one is an error of Link().
  std::vector<CodeObserver*> observers;
};

// Maps trampolines so that they can be called, many to a page. No memory is writable and executable
// at any time. Calls through what it linked need neither it, nor a lock, nor the system.
// Thread-safe; movable, and of no use once moved from.
//
// After fork() the child has what was linked, and can link more, but not in what was reserved;
// nothing that it does has an effect on its parent. It shares pages with its parent in
// MappingWay::kDual: what the parent releases, links and re-points there changes in the child too,
// so a process that forks in order to go on (a zygote) names another way. A child of a process with
// several threads may do nothing of this before exec(), as ever.
class CodeArena {
 public:
  // Tries ways of mapping until one runs a stub. Errors:
  //   UNAVAILABLE          MAPPING_REFUSED: none does, and the message says of each what was
  //                        refused, with which error and by what
  //   INVALID_ARGUMENT     NO_SUCH_WAY (way): it needs a static table or mapper that is not given,
  //                        or a mapper is given for another way
  //   FAILED_PRECONDITION  WRONG_TARGET: trampolines cannot run in this process; WRONG_TABLE
  //                        (static_table): the table is for another target or version
  //   RESOURCE_EXHAUSTED   OUT_OF_MEMORY
  static absl::StatusOr<CodeArena> Create(CodeArenaOptions options = {});

  CodeArena(CodeArena&&) noexcept;
  CodeArena& operator=(CodeArena&&) noexcept;
  ~CodeArena();

  // Maps `trampoline` so that it calls `callee`, a function of `signature`. The code is proven
  // first, whatever its source: it need not be trusted. After an error nothing is mapped:
  //   FAILED_PRECONDITION  WRONG_TARGET (target): it is for another target than this process;
  //                        CODE_REJECTED (code): it is not proven, GetRejection() says why
  //   INVALID_ARGUMENT     NULL_CALLEE (callee), UNKNOWN_RELOCATION (relocation.kind); without
  //                        verification also CALLEE_OFFSET_OUT_OF_RANGE (relocation.callee_offset)
  //                        and MALFORMED_CODE (alignment)
  //   UNAVAILABLE          MAPPING_REFUSED: the system refuses; the message says what
  //   RESOURCE_EXHAUSTED   ARENA_FULL, STATIC_TABLE_FULL, OUT_OF_MEMORY
  //   NOT_FOUND            SIGNATURE_NOT_IN_TABLE (signature)
  absl::StatusOr<BoundTrampoline> Link(const Signature& signature, const Trampoline& trampoline,
                                       const void* callee);

  // The same for many: one mapping for up to kChunkBytes of them. All are linked, in order, or,
  // after an error, none; its field begins with "requests[i].". Code is checked once for requests
  // that follow each other with the same signature and trampoline.
  absl::StatusOr<std::vector<BoundTrampoline>> LinkAll(absl::Span<const LinkRequest> requests);

  // The same in the way kStaticTable, which needs no code: only there, else FAILED_PRECONDITION,
  // NO_SUCH_WAY (way).
  absl::StatusOr<BoundTrampoline> LinkStatic(const Signature& signature, const void* callee,
                                             CallerProfile profile = CallerProfile::kV8_10);

  // The way in use.
  MappingWay way() const { return way_; }

  // The ways that were tried before it, and what refused them.
  const std::vector<Refusal>& refusals() const { return refusals_; }

 private:
  CodeArena();

  absl::Status TryWay(MappingWay way, const CodeArenaOptions& options);
  std::string RefusalsText() const;
  absl::Status AfterRefusals(const absl::Status& status) const;
  void AddRefusal(MappingWay way, const MappingError& error, const std::string& directory);

  MappingWay way_ = MappingWay::kSealedShared;
  Verification verification_ = Verification::kOn;
  std::vector<Refusal> refusals_;
  std::unique_ptr<CodeMapper> own_mapper_;
  std::unique_ptr<Linker> linker_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_ARENA_CODE_ARENA_H_
