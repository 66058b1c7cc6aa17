// The shared library opened and closed by a program that is not linked with it, as a plugin's host
// does.

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <ctime>

#include "client/c/springboard.h"

namespace {

uint16_t Increment(uint16_t value) { return static_cast<uint16_t>(value + 1); }

template <typename Function>
Function* Find(void* library, const char* name) {
  void* const found = dlsym(library, name);
  EXPECT_NE(found, nullptr) << name;
  return reinterpret_cast<Function*>(reinterpret_cast<uintptr_t>(found));
}
#define FIND(name) const auto name##_ = Find<decltype(name)>(library, #name)

// Links from a server of its own, and frees everything.
void UseAndClose(const char* path, bool has_servers) {
  void* const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(library, nullptr) << dlerror();
  FIND(springboard_options_init_sized);
  FIND(springboard_test_server_start);
  FIND(springboard_test_server_address);
  FIND(springboard_test_server_free);
  FIND(springboard_client_create);
  FIND(springboard_client_free);
  FIND(springboard_link);
  FIND(springboard_trampoline_entry);
  FIND(springboard_trampoline_free);
  springboard_test_server* const server =
      has_servers ? springboard_test_server_start_(nullptr) : nullptr;
  springboard_options options;
  springboard_options_init_sized_(&options, sizeof(options));
  if (has_servers) options.server = springboard_test_server_address_(server);
  springboard_client* const client = springboard_client_create_(&options, nullptr);
  ASSERT_NE(client, nullptr);
  springboard_trampoline* const bound =
      springboard_link_(client, "u16(u16)", reinterpret_cast<const void*>(&Increment), nullptr);
  ASSERT_NE(bound, nullptr);
  const auto entry = reinterpret_cast<uint32_t (*)(void*, uint32_t)>(
      reinterpret_cast<uintptr_t>(springboard_trampoline_entry_(bound)));
  EXPECT_EQ(entry(nullptr, 7), 8u);
  springboard_trampoline_free_(bound);
  springboard_client_free_(client);
  springboard_test_server_free_(server);
  EXPECT_EQ(dlclose(library), 0);
}

TEST(UnloadTest, ALibraryIsOpenedUsedAndClosedAgainAndAgain) {
  for (const bool has_servers : {true, false}) {
    for (int round = 0; round < 5; ++round) {
      UseAndClose(
          has_servers ? "client/c/libspringboard.so.1" : "client/c/libspringboard_slim.so.1",
          has_servers);
      // Whatever its threads still do, they do now.
      const timespec pause = {0, 20000000};
      nanosleep(&pause, nullptr);
    }
  }
}

}  // namespace
