// The C ABI, through the shared library. Built twice: with the full one, and its
// servers for tests, and with the slim one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "client/c/springboard_testing.h"
#include "tests/support/subprocess.h"

namespace {

using springboard::ProcessResult;
using springboard::RunProgram;
using testing::HasSubstr;

uint16_t Increment(uint16_t value) { return static_cast<uint16_t>(value + 1); }
const void* const kIncrement = reinterpret_cast<const void*>(&Increment);

uint32_t Call(const void* entry, uint32_t value) {
  return reinterpret_cast<uint32_t (*)(void*, uint32_t)>(reinterpret_cast<uintptr_t>(entry))(
      nullptr, value);
}

// "CODE REASON at FIELD: MESSAGE", and the error is freed.
std::string Take(springboard_error* error) {
  if (error == nullptr) return "no error";
  std::string text = std::to_string(springboard_error_code(error)) + " " +
                     springboard_error_reason(error) + " at " + springboard_error_field(error) +
                     ": " + springboard_error_message(error);
  springboard_error_free(error);
  return text;
}

class CApiTest : public testing::Test {
 protected:
  CApiTest() { springboard_options_init(&options_); }
  ~CApiTest() override { springboard_client_free(client_); }

  springboard_client* client() {
    if (client_ == nullptr) {
      springboard_error* error = nullptr;
      client_ = springboard_client_create(&options_, &error);
      EXPECT_NE(client_, nullptr) << Take(error);
    }
    return client_;
  }

  springboard_stats Stats() {
    springboard_stats stats = {};
    stats.struct_size = sizeof(stats);
    springboard_client_stats(client(), &stats);
    return stats;
  }

  springboard_options options_;

 private:
  springboard_client* client_ = nullptr;
};

TEST_F(CApiTest, TellsItsVersions) {
  EXPECT_EQ(springboard_abi_version(), static_cast<uint32_t>(SPRINGBOARD_ABI_VERSION));
  EXPECT_THAT(springboard_version(), testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
}

TEST_F(CApiTest, LinksInThisProcess) {
  springboard_error* error = nullptr;
  springboard_trampoline* const bound =
      springboard_link(client(), "u16(u16)", kIncrement, nullptr, &error);
  ASSERT_NE(bound, nullptr) << Take(error);
  EXPECT_EQ(error, nullptr);
  EXPECT_EQ(Call(springboard_trampoline_entry(bound), 0xABCD0007), 8u);
  EXPECT_EQ(Stats().from_process, 1u);
  EXPECT_EQ(Stats().from_server, 0u);
  EXPECT_EQ(springboard_client_last_error(client()), nullptr);
  springboard_trampoline_free(bound);
}

TEST_F(CApiTest, LinksALibrary) {
  const springboard_symbol symbols[] = {
      {"pow", "f64(f64,f64)", nullptr, 0},
      {"cubeRoot", "f64(f64)", "cbrt", 0},
      {"missing", "void()", "no_such_function", 1},
  };
  springboard_error* error = nullptr;
  springboard_library* const library =
      springboard_link_library(client(), "libm.so.6", symbols, 3, nullptr, &error);
  ASSERT_NE(library, nullptr) << Take(error);
  const auto pow = reinterpret_cast<double (*)(void*, double, double)>(
      reinterpret_cast<uintptr_t>(springboard_library_entry(library, "pow")));
  EXPECT_EQ(pow(nullptr, 2, 10), 1024);
  EXPECT_NE(springboard_library_callee(library, "cubeRoot"), nullptr);
  EXPECT_EQ(springboard_library_entry(library, "cbrt"), nullptr);
  EXPECT_EQ(springboard_library_entry(library, "missing"), nullptr);
  springboard_library_free(library);
}

TEST_F(CApiTest, WhatIsLinkedOutlivesItsClient) {
  springboard_client* const own = springboard_client_create(nullptr, nullptr);
  ASSERT_NE(own, nullptr);
  springboard_trampoline* const bound =
      springboard_link(own, "u16(u16)", kIncrement, nullptr, nullptr);
  springboard_client_free(own);
  ASSERT_NE(bound, nullptr);
  EXPECT_EQ(Call(springboard_trampoline_entry(bound), 1), 2u);
  springboard_trampoline_free(bound);
}

TEST_F(CApiTest, GivesTheTemplateOfAFastCall) {
  uint8_t arguments[8] = {};
  uint8_t result = 0xFF;
  EXPECT_EQ(springboard_fast_api("u64(u8,buffer,f32)", arguments, 8, &result, nullptr), 5u);
  EXPECT_EQ(
      std::vector<uint8_t>(arguments, arguments + 5),
      (std::vector<uint8_t>{SPRINGBOARD_FAST_API_V8_VALUE, SPRINGBOARD_FAST_API_UINT32,
                            SPRINGBOARD_FAST_API_TYPED_ARRAY_UINT8, SPRINGBOARD_FAST_API_FLOAT32,
                            SPRINGBOARD_FAST_API_TYPED_ARRAY_INT32}));
  EXPECT_EQ(result, SPRINGBOARD_FAST_API_VOID);
  // No more than there is room for.
  uint8_t two[3] = {0, 0, 0x5A};
  EXPECT_EQ(springboard_fast_api("i32(i32,i32,i32)", two, 2, nullptr, nullptr), 4u);
  EXPECT_EQ(two[2], 0x5A);
}

TEST_F(CApiTest, ErrorsSayWhatIsWrong) {
  springboard_error* error = nullptr;
  const auto taken = [&error] {
    std::string text = Take(error);
    error = nullptr;
    return text;
  };
  EXPECT_EQ(springboard_link(client(), "u16(u17)", kIncrement, nullptr, &error), nullptr);
  EXPECT_THAT(taken(), HasSubstr("3 UNKNOWN_TYPE at parameters[0]: "));
  EXPECT_EQ(springboard_link(client(), "u16(u16)", nullptr, nullptr, &error), nullptr);
  EXPECT_THAT(taken(), HasSubstr("3 NULL_CALLEE at callee: "));
  EXPECT_EQ(springboard_link(nullptr, "u16(u16)", kIncrement, nullptr, &error), nullptr);
  EXPECT_EQ(taken(), "3 NULL_ARGUMENT at client: client must not be NULL");
  EXPECT_EQ(springboard_link(client(), nullptr, kIncrement, nullptr, &error), nullptr);
  EXPECT_THAT(taken(), HasSubstr("NULL_ARGUMENT at signature"));
  EXPECT_EQ(springboard_link_library(client(), "/no/such.so", nullptr, 0, nullptr, &error),
            nullptr);
  EXPECT_THAT(taken(), HasSubstr("5 LIBRARY_NOT_FOUND at library: "));
  const springboard_symbol symbols[] = {{"pow", "f64(f64,f64)", nullptr, 0},
                                        {"nothing", "void()", nullptr, 0}};
  EXPECT_EQ(springboard_link_library(client(), "libm.so.6", symbols, 2, nullptr, &error), nullptr);
  EXPECT_THAT(taken(), HasSubstr("5 SYMBOL_NOT_FOUND at symbols[1].name: "));
  const springboard_symbol wrong[] = {{"pow", "f64(f65)", nullptr, 0}};
  EXPECT_EQ(springboard_link_library(client(), "libm.so.6", wrong, 1, nullptr, &error), nullptr);
  EXPECT_THAT(taken(), HasSubstr("UNKNOWN_TYPE at symbols[0].parameters[0]: "));
  EXPECT_EQ(springboard_link_library(client(), "libm.so.6", nullptr, 1, nullptr, &error), nullptr);
  EXPECT_THAT(taken(), HasSubstr("NULL_ARGUMENT at symbols"));
  EXPECT_EQ(springboard_fast_api("void(void)", nullptr, 0, nullptr, &error), 0u);
  EXPECT_THAT(taken(), HasSubstr("VOID_PARAMETER"));
  // Without an error to be set.
  EXPECT_EQ(springboard_link(client(), "", kIncrement, nullptr, nullptr), nullptr);
}

TEST_F(CApiTest, OptionsAreLookedAt) {
  springboard_error* error = nullptr;
  const auto refusal = [&] {
    EXPECT_EQ(springboard_client_create(&options_, &error), nullptr);
    std::string text = Take(error);
    error = nullptr;
    springboard_options_init(&options_);
    return text;
  };
  options_.struct_size = 0;
  EXPECT_THAT(refusal(), HasSubstr("3 WRONG_STRUCT_SIZE at options.struct_size: "));
  options_.timeout_ms = 0;
  EXPECT_THAT(refusal(), HasSubstr("3 OUT_OF_RANGE at options.timeout_ms: "));
  options_.require_remote = 1;
  EXPECT_THAT(refusal(), HasSubstr("3 NO_SOURCE at server: "));
  // A caller of the first version, which has fewer fields.
  options_.struct_size = offsetof(springboard_options, in_process);
  options_.in_process = 0;
  springboard_client* const old = springboard_client_create(&options_, &error);
  ASSERT_NE(old, nullptr) << Take(error);
  springboard_client_free(old);
}

TEST_F(CApiTest, OptionsOfAnOlderVersionAreNotWrittenBeyond) {
  options_.reserve_bytes = 77;
  const size_t size = offsetof(springboard_options, reserve_bytes);
  springboard_options_init_sized(&options_, size);
  EXPECT_EQ(options_.reserve_bytes, 77u);
  EXPECT_EQ(options_.struct_size, size);
  springboard_client* const old = springboard_client_create(&options_, nullptr);
  EXPECT_NE(old, nullptr);
  springboard_client_free(old);
}

TEST_F(CApiTest, AStructOfAnOlderVersionIsNotWrittenBeyond) {
  springboard_stats stats = {};
  stats.struct_size = offsetof(springboard_stats, from_process);
  stats.from_process = 77;
  springboard_client_stats(client(), &stats);
  EXPECT_EQ(stats.from_process, 77u);
}

TEST_F(CApiTest, NullIsFreedAndRead) {
  springboard_client_free(nullptr);
  springboard_trampoline_free(nullptr);
  springboard_library_free(nullptr);
  springboard_error_free(nullptr);
  springboard_options_init(nullptr);
  springboard_client_stats(nullptr, nullptr);
  EXPECT_EQ(springboard_client_last_error(nullptr), nullptr);
  EXPECT_EQ(springboard_trampoline_entry(nullptr), nullptr);
  EXPECT_EQ(springboard_library_entry(nullptr, "pow"), nullptr);
  EXPECT_EQ(springboard_error_code(nullptr), 0);
  EXPECT_STREQ(springboard_error_message(nullptr), "");
}

TEST_F(CApiTest, OneClientServesManyThreads) {
  springboard_client* const shared = client();
  std::vector<std::thread> threads;
  std::vector<int> right(8);
  for (size_t i = 0; i < right.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 50; ++round) {
        springboard_trampoline* const bound =
            springboard_link(shared, "u16(u16)", kIncrement, nullptr, nullptr);
        right[i] += Call(springboard_trampoline_entry(bound), 7) == 8 ? 1 : 0;
        springboard_trampoline_free(bound);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(right, testing::Each(50));
}

TEST_F(CApiTest, LinksFromAPack) {
  const std::string path = testing::TempDir() + "/stubs.pack";
  const ProcessResult made = RunProgram({"client/cli/springboard", "pack", "--output=" + path, "-"},
                                        "u16(u16)\nu16(u16)\n");
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_THAT(made.out, testing::StartsWith(path + ": 1 trampoline in "));
  options_.pack = path.c_str();
  options_.in_process = 0;
  springboard_error* error = nullptr;
  springboard_trampoline* const bound =
      springboard_link(client(), "u16(u16)", kIncrement, nullptr, &error);
  ASSERT_NE(bound, nullptr) << Take(error);
  EXPECT_EQ(Call(springboard_trampoline_entry(bound), 7), 8u);
  EXPECT_EQ(Stats().from_pack, 1u);
  EXPECT_EQ(springboard_link(client(), "u16(u16,u8)", kIncrement, nullptr, &error), nullptr);
  EXPECT_THAT(Take(error), HasSubstr("5 NOT_IN_PACK at signature: "));
  springboard_trampoline_free(bound);
  options_.pack = "/no/such.pack";
  EXPECT_EQ(springboard_client_create(&options_, &error), nullptr);
  EXPECT_THAT(Take(error), HasSubstr("5 FILE_REFUSED at options.pack: cannot read /no/such.pack"));
}

TEST_F(CApiTest, LinksASymbolTable) {
  springboard_error* error = nullptr;
  springboard_library* const library =
      springboard_link_symbol_table(client(), "libm.so.6",
                                    R"({"pow": {"parameters": ["f64", "f64"], "result": "f64"},
          "root": {"name": "sqrt", "parameters": ["f64"], "result": "f64"}})",
                                    nullptr, &error);
  ASSERT_NE(library, nullptr) << Take(error);
  ASSERT_EQ(springboard_library_count(library), 2u);
  EXPECT_STREQ(springboard_library_name(library, 0), "pow");
  EXPECT_STREQ(springboard_library_name(library, 1), "root");
  EXPECT_EQ(springboard_library_name(library, 2), nullptr);
  const auto root = reinterpret_cast<double (*)(void*, double)>(
      reinterpret_cast<uintptr_t>(springboard_library_entry(library, "root")));
  EXPECT_EQ(root(nullptr, 9), 3);
  springboard_library_free(library);
  EXPECT_EQ(springboard_link_symbol_table(client(), "libm.so.6",
                                          R"({"pow": {"parameters": ["f65"], "result": "f64"}})",
                                          nullptr, &error),
            nullptr);
  EXPECT_THAT(Take(error), HasSubstr("3 UNKNOWN_TYPE at symbols.pow.parameters[0]: "));
}

// What a callback got.
struct Arrived {
  std::promise<void> done;
  springboard_trampoline* trampoline = nullptr;
  springboard_library* library = nullptr;
  springboard_error* error = nullptr;

  static void Link(void* data, springboard_trampoline* trampoline, springboard_error* error) {
    auto* const arrived = static_cast<Arrived*>(data);
    arrived->trampoline = trampoline;
    arrived->error = error;
    arrived->done.set_value();
  }
  static void LinkLibrary(void* data, springboard_library* library, springboard_error* error) {
    auto* const arrived = static_cast<Arrived*>(data);
    arrived->library = library;
    arrived->error = error;
    arrived->done.set_value();
  }
};

TEST_F(CApiTest, LinksWithoutWaiting) {
  Arrived link;
  springboard_error* error = nullptr;
  ASSERT_EQ(springboard_link_async(client(), "u16(u16)", kIncrement, nullptr, &Arrived::Link, &link,
                                   &error),
            1)
      << Take(error);
  link.done.get_future().wait();
  ASSERT_NE(link.trampoline, nullptr) << Take(link.error);
  EXPECT_EQ(Call(springboard_trampoline_entry(link.trampoline), 7), 8u);
  springboard_trampoline_free(link.trampoline);
  Arrived library;
  const springboard_symbol symbols[] = {{"sqrt", "f64(f64)", nullptr, 0}};
  ASSERT_EQ(springboard_link_library_async(client(), "libm.so.6", symbols, 1, nullptr,
                                           &Arrived::LinkLibrary, &library, &error),
            1)
      << Take(error);
  library.done.get_future().wait();
  EXPECT_NE(springboard_library_entry(library.library, "sqrt"), nullptr) << Take(library.error);
  springboard_library_free(library.library);
  Arrived missing;
  ASSERT_EQ(springboard_link_library_async(client(), "/no/such.so", symbols, 1, nullptr,
                                           &Arrived::LinkLibrary, &missing, &error),
            1);
  missing.done.get_future().wait();
  EXPECT_EQ(missing.library, nullptr);
  EXPECT_THAT(Take(missing.error), HasSubstr("5 LIBRARY_NOT_FOUND at library: "));
  EXPECT_EQ(springboard_link_async(client(), "u16(", kIncrement, nullptr, &Arrived::Link, nullptr,
                                   &error),
            0);
  EXPECT_THAT(Take(error), HasSubstr("3 MALFORMED_SIGNATURE"));
  EXPECT_EQ(
      springboard_link_async(client(), "u16()", kIncrement, nullptr, nullptr, nullptr, &error), 0);
  EXPECT_THAT(Take(error), HasSubstr("3 NULL_ARGUMENT at done"));
}

TEST_F(CApiTest, CallsHaveATimeAndAreGivenUp) {
  springboard_cancellation* const cancellation = springboard_cancellation_new();
  springboard_call call = {};
  call.struct_size = sizeof(call);
  call.cancellation = cancellation;
  springboard_error* error = nullptr;
  springboard_trampoline* const bound =
      springboard_link(client(), "u16(u16)", kIncrement, &call, &error);
  EXPECT_NE(bound, nullptr) << Take(error);
  springboard_trampoline_free(bound);
  springboard_cancellation_cancel(cancellation);
  EXPECT_EQ(springboard_link(client(), "u16(u16)", kIncrement, &call, &error), nullptr);
  EXPECT_THAT(Take(error), HasSubstr("1  at : "));
  springboard_cancellation_free(cancellation);
  call.cancellation = nullptr;
  call.timeout_ms = -1;
  EXPECT_EQ(springboard_link(client(), "u16(u16)", kIncrement, &call, &error), nullptr);
  EXPECT_THAT(Take(error), HasSubstr("3 OUT_OF_RANGE at call.timeout_ms"));
  call.struct_size = 1;
  EXPECT_EQ(springboard_link(client(), "u16(u16)", kIncrement, &call, &error), nullptr);
  EXPECT_THAT(Take(error), HasSubstr("3 WRONG_STRUCT_SIZE at call.struct_size"));
}

uint16_t Decrement(uint16_t value) { return static_cast<uint16_t>(value - 1); }

TEST_F(CApiTest, IsMappedAndPointedElsewhereAsItIsTold) {
  options_.way = "dual";
  springboard_error* error = nullptr;
  springboard_trampoline* const bound =
      springboard_link(client(), "u16(u16)", kIncrement, nullptr, &error);
  ASSERT_NE(bound, nullptr) << Take(error);
  const auto* const decrement = reinterpret_cast<const void*>(&Decrement);
  EXPECT_EQ(springboard_trampoline_repoint(bound, decrement, &error), 1) << Take(error);
  EXPECT_EQ(Call(springboard_trampoline_entry(bound), 7), 6u);
  EXPECT_EQ(springboard_trampoline_repoint(bound, nullptr, &error), 0);
  EXPECT_THAT(Take(error), HasSubstr("3 NULL_CALLEE at callee: "));
  EXPECT_EQ(springboard_trampoline_repoint(nullptr, decrement, &error), 0);
  EXPECT_THAT(Take(error), HasSubstr("3 NULL_ARGUMENT at trampoline: "));
  springboard_trampoline_free(bound);
  options_.way = "sideways";
  EXPECT_EQ(springboard_client_create(&options_, &error), nullptr);
  EXPECT_THAT(Take(error),
              HasSubstr("3 NO_SUCH_WAY at options.way: a way is one of sealed-shared"));
}

#ifdef SPRINGBOARD_SLIM

TEST_F(CApiTest, TheSlimLibraryKnowsNoServers) {
  options_.server = "unix:/nowhere";
  springboard_error* error = nullptr;
  EXPECT_EQ(springboard_client_create(&options_, &error), nullptr);
  EXPECT_THAT(Take(error), HasSubstr("12 NO_SERVERS at options.server: "));
}

#else

TEST_F(CApiTest, LinksFromAServer) {
  springboard_error* error = nullptr;
  springboard_test_server* const server = springboard_test_server_start(&error);
  ASSERT_NE(server, nullptr) << Take(error);
  options_.server = springboard_test_server_address(server);
  options_.require_remote = 1;
  springboard_trampoline* const bound =
      springboard_link(client(), "u16(u16)", kIncrement, nullptr, &error);
  ASSERT_NE(bound, nullptr) << Take(error);
  EXPECT_EQ(Call(springboard_trampoline_entry(bound), 7), 8u);
  EXPECT_EQ(Stats().from_server, 1u);
  springboard_test_server_free(server);
  // Gone, and required.
  EXPECT_EQ(springboard_link(client(), "u16(u16,u8)", kIncrement, nullptr, &error), nullptr);
  EXPECT_THAT(Take(error), HasSubstr("14 "));
  springboard_error* const last = springboard_client_last_error(client());
  EXPECT_THAT(Take(last), HasSubstr("14 "));
  springboard_trampoline_free(bound);
}

TEST_F(CApiTest, AFaultyServerDoesWrongAsItIsTold) {
  springboard_error* error = nullptr;
  springboard_test_server* const server = springboard_faulty_server_start(&error);
  ASSERT_NE(server, nullptr) << Take(error);
  options_.server = springboard_test_server_address(server);
  springboard_faults faults = {};
  faults.struct_size = sizeof(faults);
  faults.gives_wrong_code = 1;
  EXPECT_EQ(springboard_faulty_server_set_faults(server, &faults, &error), 1) << Take(error);
  springboard_trampoline* const bound =
      springboard_link(client(), "u16(u16)", kIncrement, nullptr, &error);
  ASSERT_NE(bound, nullptr) << Take(error);
  EXPECT_EQ(Call(springboard_trampoline_entry(bound), 7), 8u);
  const springboard_stats stats = Stats();
  EXPECT_EQ(stats.rejected, 1u);
  EXPECT_EQ(stats.fallbacks, 1u);
  EXPECT_EQ(stats.from_process, 1u);
  EXPECT_EQ(stats.circuit_openings, 1u);
  EXPECT_THAT(Take(springboard_client_last_error(client())), HasSubstr("9 CODE_REJECTED at code"));
  EXPECT_EQ(springboard_faulty_server_calls(server), 1u);
  EXPECT_EQ(springboard_faulty_server_disconnect(server, &error), 1) << Take(error);
  // What is wrong with them.
  faults.delay_ms = -1;
  EXPECT_EQ(springboard_faulty_server_set_faults(server, &faults, &error), 0);
  EXPECT_THAT(Take(error), HasSubstr("3 OUT_OF_RANGE at faults.delay_ms"));
  faults = {};
  faults.struct_size = sizeof(faults);
  faults.error = 17;
  EXPECT_EQ(springboard_faulty_server_set_faults(server, &faults, &error), 0);
  EXPECT_THAT(Take(error), HasSubstr("3 OUT_OF_RANGE at faults.error"));
  faults.struct_size = 3;
  EXPECT_EQ(springboard_faulty_server_set_faults(server, &faults, &error), 0);
  EXPECT_THAT(Take(error), HasSubstr("3 WRONG_STRUCT_SIZE at faults.struct_size"));
  springboard_test_server_free(server);
  springboard_test_server* const real = springboard_test_server_start(nullptr);
  EXPECT_EQ(springboard_faulty_server_set_faults(real, nullptr, &error), 0);
  EXPECT_THAT(Take(error), HasSubstr("9 NO_FAULTS at server"));
  springboard_test_server_free(real);
  springboard_trampoline_free(bound);
}

TEST_F(CApiTest, WarningsGoWhereTheyAreTold) {
  static std::string log;
  springboard_set_log(
      [](void* data, const char* line) { *static_cast<std::string*>(data) += line; }, &log);
  options_.server = "unix:/no/such.sock";
  springboard_trampoline_free(springboard_link(client(), "u16(u16)", kIncrement, nullptr, nullptr));
  springboard_set_log(nullptr, nullptr);
  EXPECT_THAT(log, HasSubstr("the server is left alone for a while: UNAVAILABLE"));
}

TEST_F(CApiTest, AnAddressThatCannotBeOneIsRefused) {
  for (const char* const address : {"unix//run/sb.sock", "localhost", "localhost:", "unix:", "",
                                    "host:70000", "http://host:80", "::1:80"}) {
    options_.server = address;
    springboard_error* error = nullptr;
    EXPECT_EQ(springboard_client_create(&options_, &error), nullptr) << address;
    EXPECT_THAT(Take(error), HasSubstr("3 MALFORMED_ADDRESS at options.server: "));
  }
  for (const char* const address :
       {"unix:/run/sb.sock", "unix-abstract:sb", "localhost:7000", "[::1]:80",
        "dns:///compile.example:443", "ipv4:1.2.3.4:5,6.7.8.9:5"}) {
    options_.server = address;
    springboard_client* const fine = springboard_client_create(&options_, nullptr);
    EXPECT_NE(fine, nullptr) << address;
    springboard_client_free(fine);
  }
}

TEST_F(CApiTest, TlsFilesAreLookedAt) {
  springboard_error* error = nullptr;
  options_.server = "localhost:7000";
  options_.tls_authorities = "/no/such.crt";
  EXPECT_EQ(springboard_client_create(&options_, &error), nullptr);
  EXPECT_THAT(Take(error), HasSubstr("3 TLS_FILE at options.tls.authorities: cannot read "));
  options_.tls_authorities = nullptr;
  options_.token_file = "/no/such.token";
  EXPECT_EQ(springboard_client_create(&options_, &error), nullptr);
  EXPECT_THAT(Take(error), HasSubstr("3 ACCESS_WITHOUT_TLS at options.tls.token_file: "));
}

TEST_F(CApiTest, ACallEndsAtItsTime) {
  springboard_test_server* const server = springboard_faulty_server_start(nullptr);
  springboard_faults faults = {};
  faults.struct_size = sizeof(faults);
  faults.delay_ms = 20000;
  ASSERT_EQ(springboard_faulty_server_set_faults(server, &faults, nullptr), 1);
  options_.server = springboard_test_server_address(server);
  options_.require_remote = 1;
  springboard_call call = {};
  springboard_error* error = nullptr;
  springboard_client* const remote = springboard_client_create(&options_, &error);
  ASSERT_NE(remote, nullptr) << Take(error);
  call.struct_size = sizeof(call);
  call.timeout_ms = 50;
  EXPECT_EQ(springboard_link(remote, "u16(u16)", kIncrement, &call, &error), nullptr);
  EXPECT_THAT(Take(error), HasSubstr("4 "));
  springboard_client_free(remote);
  springboard_test_server_free(server);
}

#endif

}  // namespace
