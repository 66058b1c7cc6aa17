#ifndef SPRINGBOARD_CLIENT_ARENA_PERF_FILES_H_
#define SPRINGBOARD_CLIENT_ARENA_PERF_FILES_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "client/arena/code_observer.h"

namespace springboard {

// Both are of this process: what a forked child links is not written; it opens its own. After a
// write that fails nothing more is written, and the client's log says so; linking goes on. Error:
// UNAVAILABLE, FILE_REFUSED, if the file cannot be opened or written, or is there and is not a
// plain file of this user's alone.

// Appends a line for each trampoline to DIRECTORY/perf-PID.map, from which `perf report` takes the
// names of code that has no file (Linux, tools/perf/Documentation/jit-interface.txt); perf looks
// in /tmp. To perf a memfd is a file: this is for arenas of the way kAnonymous.
absl::StatusOr<std::unique_ptr<CodeObserver>> OpenPerfMap(const std::string& directory = "/tmp");

// Writes DIRECTORY/jit-PID.dump, with names and code, which `perf inject --jit` makes objects of,
// even of code that is released by then (jitdump-specification.txt, version 1). For all ways; a
// static table's code has symbols of its own. Record with
// `perf record -k CLOCK_MONOTONIC`. The file's first page is mapped executable, by which perf finds
// it: open it before a process locks itself down. That page has no code, and is not written to once
// it is mapped.
absl::StatusOr<std::unique_ptr<CodeObserver>> OpenJitDump(const std::string& directory = ".");

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_ARENA_PERF_FILES_H_
