#ifndef SPRINGBOARD_CLIENT_SOURCE_COUNTED_SOURCE_H_
#define SPRINGBOARD_CLIENT_SOURCE_COUNTED_SOURCE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/source/source_statistics.h"
#include "client/source/trampoline_source.h"

namespace springboard {

// A source whose answers are counted, under a name.
class CountedSource final : public TrampolineSource {
 public:
  CountedSource(std::string name, std::shared_ptr<TrampolineSource> source,
                std::shared_ptr<SourceStatistics> statistics)
      : name_(std::move(name)), source_(std::move(source)), statistics_(std::move(statistics)) {}

  void Start(std::vector<CompileRequest> requests, const CallOptions& options,
             CompileCallback done) override {
    source_->Start(
        std::move(requests), options,
        [name = name_, statistics = statistics_, done = std::move(done)](CompileResults results) {
          statistics->CountAnswers(name, results);
          done(std::move(results));
        });
  }
  absl::StatusOr<Capabilities> GetCapabilities(const CallOptions& options) override {
    return source_->GetCapabilities(options);
  }

 private:
  const std::string name_;
  const std::shared_ptr<TrampolineSource> source_;
  const std::shared_ptr<SourceStatistics> statistics_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_SOURCE_COUNTED_SOURCE_H_
