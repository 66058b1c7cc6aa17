#ifndef SPRINGBOARD_SERVER_CALL_OBSERVER_H_
#define SPRINGBOARD_SERVER_CALL_OBSERVER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/request_handler.h"

namespace springboard {

// What clients call.
enum class Method : uint8_t {
  kGetCapabilities,
  kCompileTrampoline,
  kBatchCompileTrampolines,
  kOther,
};

inline constexpr size_t kMethodCount = 4;
inline constexpr std::array<absl::string_view, kMethodCount> kMethodPaths = {
    "/springboard.v1.TrampolineCompiler/GetCapabilities",
    "/springboard.v1.TrampolineCompiler/CompileTrampoline",
    "/springboard.v1.TrampolineCompiler/BatchCompileTrampolines", "/other"};

inline absl::string_view Path(Method method) { return kMethodPaths[static_cast<size_t>(method)]; }

// Without the service's.
inline absl::string_view Name(Method method) {
  const absl::string_view path = Path(method);
  return path.substr(path.rfind('/') + 1);
}

// kOther, if it is no method of ours.
inline Method MethodOf(absl::string_view path) {
  size_t i = 0;
  while (i + 1 < kMethodCount && kMethodPaths[i] != path) ++i;
  return static_cast<Method>(i);
}

// A call that has been answered, or refused. Its strings and what it points to live as long as the
// observer is called.
struct CallRecord {
  Method method = Method::kOther;
  absl::string_view path;      // As it was called: "/package.Service/Method".
  const absl::Status* status;  // How it ended.
  absl::Duration duration;     // From its request until its answer is there to be sent.
  const Work* work;
  size_t request_bytes = 0;
  size_t response_bytes = 0;
  absl::string_view request_id;  // What the client or the server calls it; may be empty.
  // Asks gRPC for the peer: "ipv4:192.0.2.1:4711". Null if it is not known.
  std::function<std::string()> peer;
};

// Is told of every call: once its answer has been sent, or as it is refused before it reaches a
// method. Called from any thread, and must not block.
class CallObserver {
 public:
  virtual ~CallObserver() = default;
  virtual void OnCall(const CallRecord& call) = 0;
};

}  // namespace springboard

#endif  // SPRINGBOARD_SERVER_CALL_OBSERVER_H_
