#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "client/c/error.h"
#include "client/c/springboard_testing.h"
#include "client/testing/faulty_server.h"
#include "client/testing/local_server.h"
#include "compiler/error_details.h"

namespace sb = springboard;
using sb::c::Guarded;
using sb::c::NullArgument;

// One of the two.
struct springboard_test_server {
  std::unique_ptr<sb::LocalServer> real;
  std::unique_ptr<sb::FaultyServer> faulty;
};

namespace {

absl::StatusOr<sb::FaultyServer*> FaultyOne(springboard_test_server* server) {
  if (server == nullptr) return NullArgument("server");
  if (server->faulty != nullptr) return server->faulty.get();
  return sb::MakeError(absl::StatusCode::kFailedPrecondition, sb::reason::kNoFaults, "server",
                       "this server is a real one: start it by springboard_faulty_server_start()");
}

absl::StatusOr<sb::ServerFaults> ReadFaults(const springboard_faults* given) {
  springboard_faults faults = {};
  if (given != nullptr) {
    const size_t size = given->struct_size;
    if (!sb::c::IsSize(size,
                       offsetof(springboard_faults, api_version) + sizeof(faults.api_version))) {
      return sb::c::WrongSize("faults.struct_size", "faults begin with their sizeof", size);
    }
    std::memcpy(&faults, given, std::min(size, sizeof(faults)));
  }
  if (faults.delay_ms < 0) {
    return sb::c::OutOfRange("faults.delay_ms",
                             absl::StrCat("a delay is not negative; got ", faults.delay_ms));
  }
  if (faults.error < SPRINGBOARD_OK || faults.error > SPRINGBOARD_UNAUTHENTICATED) {
    return sb::c::OutOfRange(
        "faults.error",
        absl::StrCat("an error is one of springboard_code, 0 to 16; got ", faults.error));
  }
  return sb::ServerFaults{absl::Milliseconds(faults.delay_ms),
                          static_cast<absl::StatusCode>(faults.error), faults.gives_wrong_code != 0,
                          faults.gives_garbage != 0,
                          faults.api_version != nullptr ? faults.api_version : ""};
}

}  // namespace

springboard_test_server* springboard_test_server_start(springboard_error** error) {
  return Guarded(error, [&]() -> absl::StatusOr<springboard_test_server*> {
    absl::StatusOr<sb::LocalServer> server = sb::LocalServer::Start();
    if (!server.ok()) return server.status();
    return new springboard_test_server{std::make_unique<sb::LocalServer>(*std::move(server)),
                                       nullptr};
  });
}
springboard_test_server* springboard_faulty_server_start(springboard_error** error) {
  return Guarded(error, [&]() -> absl::StatusOr<springboard_test_server*> {
    absl::StatusOr<std::unique_ptr<sb::FaultyServer>> server = sb::FaultyServer::Start();
    if (!server.ok()) return server.status();
    return new springboard_test_server{nullptr, *std::move(server)};
  });
}
const char* springboard_test_server_address(const springboard_test_server* server) {
  if (server == nullptr) return "";
  return server->real != nullptr ? server->real->address().c_str()
                                 : server->faulty->address().c_str();
}
void springboard_test_server_free(springboard_test_server* server) { delete server; }

int springboard_faulty_server_set_faults(springboard_test_server* server,
                                         const springboard_faults* faults,
                                         springboard_error** error) {
  return Guarded(error, [&]() -> absl::StatusOr<int> {
    const absl::StatusOr<sb::FaultyServer*> faulty = FaultyOne(server);
    if (!faulty.ok()) return faulty.status();
    const absl::StatusOr<sb::ServerFaults> read = ReadFaults(faults);
    if (!read.ok()) return read.status();
    (*faulty)->SetFaults(*read);
    return 1;
  });
}
int springboard_faulty_server_disconnect(springboard_test_server* server,
                                         springboard_error** error) {
  return Guarded(error, [&]() -> absl::StatusOr<int> {
    const absl::StatusOr<sb::FaultyServer*> faulty = FaultyOne(server);
    if (!faulty.ok()) return faulty.status();
    if ((*faulty)->Disconnect()) return 1;
    return absl::UnavailableError(absl::StrCat("cannot listen again on ", (*faulty)->address()));
  });
}
uint64_t springboard_faulty_server_calls(const springboard_test_server* server) {
  return server != nullptr && server->faulty != nullptr ? server->faulty->calls() : 0;
}
