// The shared library opened and closed by a program that is not linked with it, as a plugin's host
// does.

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdint>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/c/springboard.h"
#include "tests/client/chaos/server_victim.h"

namespace springboard {
namespace {

uint16_t Increment(uint16_t value) { return static_cast<uint16_t>(value + 1); }

template <typename Function>
Function* Find(void* library, const char* name) {
  void* const found = dlsym(library, name);
  EXPECT_NE(found, nullptr) << name;
  return reinterpret_cast<Function*>(reinterpret_cast<uintptr_t>(found));
}
#define FIND(name) const auto name##_ = Find<decltype(name)>(library, #name)

// Links, from a server if there is one, and frees everything.
void UseAndClose(const char* path, const char* server) {
  void* const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(library, nullptr) << dlerror();
  FIND(springboard_options_init_sized);
  FIND(springboard_client_create);
  FIND(springboard_client_free);
  FIND(springboard_link);
  FIND(springboard_trampoline_entry);
  FIND(springboard_trampoline_free);
  springboard_options options;
  springboard_options_init_sized_(&options, sizeof(options));
  options.server = server;
  options.require_remote = server != nullptr ? 1 : 0;
  springboard_client* const client = springboard_client_create_(&options, nullptr);
  ASSERT_NE(client, nullptr);
  springboard_trampoline* const bound = springboard_link_(
      client, "u16(u16)", reinterpret_cast<const void*>(&Increment), nullptr, nullptr);
  ASSERT_NE(bound, nullptr);
  const auto entry = reinterpret_cast<uint32_t (*)(void*, uint32_t)>(
      reinterpret_cast<uintptr_t>(springboard_trampoline_entry_(bound)));
  EXPECT_EQ(entry(nullptr, 7), 8u);
  springboard_trampoline_free_(bound);
  springboard_client_free_(client);
  EXPECT_EQ(dlclose(library), 0);
}

TEST(UnloadTest, ALibraryIsOpenedUsedAndClosedAgainAndAgain) {
  ServerVictim server("server/springboard_server");
  server.AwaitReady();
  for (int round = 0; round < 5; ++round) {
    UseAndClose("client/c/libspringboard.so.1", server.address().c_str());
    UseAndClose("client/c/libspringboard_slim.so.1", nullptr);
    // Whatever their threads still do, they do now.
    absl::SleepFor(absl::Milliseconds(20));
  }
}

}  // namespace
}  // namespace springboard
