#ifndef SPRINGBOARD_CLIENT_CLI_COMPILE_PORTIONS_H_
#define SPRINGBOARD_CLIENT_CLI_COMPILE_PORTIONS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "client/source/trampoline_source.h"
#include "compiler/compile_request.h"
#include "compiler/trampoline.h"

namespace springboard {

struct PortionOptions {
  TrampolineSource* source;              // Not owned.
  std::function<absl::Time()> deadline;  // Of a call that starts now.
  uint32_t threads = 1;                  // And calls under way at a time; at least one.
};

// How many a portion best has: enough to make a request worthwhile, few enough to show progress.
inline constexpr size_t kRequestsAtOnce = 5000;

// The next requests; empty at the end.
using NextRequests = std::function<std::vector<CompileRequest>()>;
// What they gave, in order.
using TakePortion =
    std::function<absl::Status(absl::Span<const CompileRequest>, absl::Span<const Trampoline>)>;

// Compiles what `next` gives, a portion in each thread, proves every trampoline and hands the
// portions to `take`, in the order of the requests whatever the number of threads. Neither function
// is called by two threads at a time. Ends at the first error in that order, which is returned: of
// the source, of CheckCode(), each with the signature before its field, or of `take`.
absl::Status CompilePortions(const PortionOptions& options, const NextRequests& next,
                             const TakePortion& take);

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_CLI_COMPILE_PORTIONS_H_
