#ifndef SPRINGBOARD_TESTS_CLIENT_ARENA_SANDBOX_LOCKDOWN_H_
#define SPRINGBOARD_TESTS_CLIENT_ARENA_SANDBOX_LOCKDOWN_H_

#include <optional>
#include <string>
#include <vector>

#include "client/mapping/mapping_way.h"

namespace springboard {

// Something that a process forbids itself, for good.
struct Lockdown {
  std::string name;

  // Forbids it to the calling process. Why it cannot, or nothing.
  std::optional<std::string> (*apply)();

  // The ways of mapping that are refused then, and what is to be blamed for it.
  struct Refused {
    MappingWay way;
    std::string cause;
  };
  std::vector<Refused> refused;

  // The arena reserves its memory before, and is filled after.
  bool reserves_before = false;
  // The trampolines come from a server, before.
  bool uses_server_before = false;
};

const std::vector<Lockdown>& Lockdowns();

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CLIENT_ARENA_SANDBOX_LOCKDOWN_H_
