#ifndef SPRINGBOARD_TESTS_CLIENT_SOURCE_SCRIPTED_SOURCE_H_
#define SPRINGBOARD_TESTS_CLIENT_SOURCE_SCRIPTED_SOURCE_H_

#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "client/source/trampoline_source.h"
#include "compiler/compile.h"

namespace springboard {

// Holds every call until it is told how to end it.
class ScriptedSource final : public TrampolineSource {
 public:
  struct Call {
    std::vector<CompileRequest> requests;
    CallOptions options;
    CompileCallback done;

    // Ends the call rightly, or with an error for all.
    void Answer(uint32_t codegen_version = kCodegenVersion) const {
      CompileResults results;
      for (const CompileRequest& request : requests) {
        results.push_back(springboard::Compile(request));
        if (results.back().ok()) results.back()->codegen_version = codegen_version;
      }
      done(std::move(results));
    }
    void Fail(const absl::Status& status) const { done(AllFailed(requests.size(), status)); }
  };

  void Start(std::vector<CompileRequest> requests, const CallOptions& options,
             CompileCallback done) override {
    absl::MutexLock lock(&mutex_);
    calls_.push_back({std::move(requests), options, std::move(done)});
    ++count_;
  }

  absl::StatusOr<Capabilities> GetCapabilities(const CallOptions& /*options*/) override {
    return Capabilities();
  }

  // The first call that has not ended, waited for.
  Call Take() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](std::deque<Call>* calls) { return !calls->empty(); }, &calls_));
    Call call = std::move(calls_.front());
    calls_.pop_front();
    return call;
  }

  // Calls so far.
  int count() {
    absl::MutexLock lock(&mutex_);
    return count_;
  }

 private:
  absl::Mutex mutex_;
  std::deque<Call> calls_;
  int count_ = 0;
};

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CLIENT_SOURCE_SCRIPTED_SOURCE_H_
