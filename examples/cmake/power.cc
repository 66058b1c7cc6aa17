// Calls libm's pow as V8 would, from a symbol table as Deno has it: power [SERVER].
#include <springboard.h>

#include <iostream>
#include <memory>

namespace {

// Frees what the library gives.
struct Free {
  void operator()(springboard_client* client) const { springboard_client_free(client); }
  void operator()(springboard_library* library) const { springboard_library_free(library); }
  void operator()(springboard_error* error) const { springboard_error_free(error); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

constexpr char kSymbols[] = R"({"pow": {"parameters": ["f64", "f64"], "result": "f64"}})";

int Fail(springboard_error* error) {
  const Owned<springboard_error> owned(error);
  std::cerr << "power: " << springboard_error_message(error) << "\n";
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  springboard_error* error = nullptr;
  springboard_options options;
  springboard_options_init(&options);
  if (argc > 1) options.server = argv[1];
  const Owned<springboard_client> client(springboard_client_create(&options, &error));
  if (client == nullptr) return Fail(error);

  const Owned<springboard_library> libm(
      springboard_link_symbol_table(client.get(), "libm.so.6", kSymbols, nullptr, &error));
  if (libm == nullptr) return Fail(error);

  // What v8::CFunction takes. Here we are V8: the receiver comes first.
  const auto power = reinterpret_cast<double (*)(void*, double, double)>(
      reinterpret_cast<uintptr_t>(springboard_library_entry(libm.get(), "pow")));
  std::cout << power(nullptr, 2, 10) << "\n";

  springboard_stats stats = {};
  stats.struct_size = sizeof(stats);
  springboard_client_stats(client.get(), &stats);
  std::cout << "trampolines: " << stats.from_server << " from the server, " << stats.from_process
            << " from this process\n";
}
