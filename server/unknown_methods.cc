#include "server/unknown_methods.h"

#include "absl/strings/str_cat.h"
#include "server/version_metadata.h"

namespace springboard {
namespace {

class Refusal final : public grpc::ServerGenericBidiReactor {
 public:
  explicit Refusal(grpc::GenericCallbackServerContext& context) {
    AddVersions(context);
    Finish({grpc::StatusCode::UNIMPLEMENTED,
            absl::StrCat("this server has springboard.v1.TrampolineCompiler, API ", kApiVersion,
                         "; got ", context.method())});
  }
  void OnDone() override { delete this; }
};

}  // namespace

grpc::ServerGenericBidiReactor* UnknownMethods::CreateReactor(
    grpc::GenericCallbackServerContext* context) {
  return new Refusal(*context);
}

}  // namespace springboard
