// Asks a server for trampolines without waiting for it: asynchronous ADDRESS.
#include <chrono>
#include <future>
#include <iostream>

#include "absl/time/clock.h"
#include "client/host_target.h"
#include "client/source/remote_source.h"

namespace sb = springboard;

int main(int argc, char** argv) {
  if (argc != 2 || !sb::HostTarget().has_value()) return 2;
  sb::RemoteSource source(argv[1]);
  const sb::CompileRequest request = {*sb::Signature::Parse("f64(f64,f64)"), *sb::HostTarget()};
  const absl::Time deadline = absl::Now() + absl::Seconds(10);

  // As a future: for many requests, which go out in as few messages as the server takes.
  std::future<sb::CompileResults> later = source.CompileLater({request, request}, deadline);

  // With a callback, which another thread calls, and which must not block.
  std::promise<void> has_called;
  source.Start({request}, deadline, [&](sb::CompileResults results) {
    std::cout << "called with " << results.size() << ": " << results[0].status() << "\n";
    has_called.set_value();
  });
  has_called.get_future().wait();

  // Given up: what was asked for ends at once, as CANCELLED, wherever it is.
  const sb::Cancellation cancellation = sb::Cancellation::New();
  cancellation.Cancel();
  std::cout << "given up: " << source.Compile(request, {deadline, cancellation}).status().code()
            << "\n";

  const sb::CompileResults results = later.get();
  std::cout << "later " << results.size() << ": " << results[0].status() << "\n";
}
