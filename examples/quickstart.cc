// Calls libm's pow as V8 would, through a trampoline from a server: quickstart ADDRESS.
#include <iostream>
#include <memory>

#include "client/client.h"
#include "client/source/in_process_source.h"
#include "client/source/remote_source.h"

namespace sb = springboard;

int main(int argc, char** argv) {
  if (argc != 2) return 2;

  // Trampolines come from the server; this process compiles what it does not give.
  sb::ClientOptions options;
  options.server = std::make_shared<sb::RemoteSource>(argv[1]);
  options.in_process = std::make_shared<sb::InProcessSource>();
  const absl::StatusOr<std::unique_ptr<sb::Client>> client = sb::Client::Create(options);
  if (!client.ok()) {
    std::cerr << client.status() << "\n";
    return 1;
  }

  // Asked for in one round trip, proven to be what was asked for, relocated to the functions and
  // mapped, never writable and executable at once.
  const absl::StatusOr<sb::LinkedLibrary> libm =
      (*client)->LinkLibrary("libm.so.6", {{"pow", *sb::Signature::Parse("f64(f64,f64)")},
                                           {"cbrt", *sb::Signature::Parse("f64(f64)")}});
  if (!libm.ok()) {
    std::cerr << libm.status() << "\n";
    return 1;
  }

  // pow.entry() is what v8::CFunction takes. Here we are V8: the receiver comes first.
  const sb::BoundTrampoline& pow = libm->Find("pow")->trampoline;
  void* const receiver = nullptr;
  std::cout << pow.As<double(void*, double, double)>()(receiver, 2, 10) << "\n";
}
