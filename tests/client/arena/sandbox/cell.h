#ifndef SPRINGBOARD_TESTS_CLIENT_ARENA_SANDBOX_CELL_H_
#define SPRINGBOARD_TESTS_CLIENT_ARENA_SANDBOX_CELL_H_

#include <optional>
#include <string>

#include "client/mapping/mapping_way.h"
#include "tests/client/arena/sandbox/lockdown.h"

namespace springboard {

// What became of a process that locked itself down and linked in one way.
struct CellResult {
  enum class Kind {
    kWorks,    // Calls through trampolines gave what they should.
    kRefused,  // A typed error, UNAVAILABLE and MAPPING_REFUSED; `text` is its message.
    kSkipped,  // The lockdown is not to be had here; `text` says why.
    kWrong,    // Anything else.
  };
  Kind kind;
  std::string text;
};

// Locks this process down and links, in the way or, without one, in the first that works; which one
// that is, and what was refused before, is then the result's text. Once in a process.
CellResult RunCell(const Lockdown& lockdown, std::optional<MappingWay> way);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CLIENT_ARENA_SANDBOX_CELL_H_
