#include "server/unknown_methods.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "proto/grpc_status.h"
#include "server/request_id.h"
#include "server/version_metadata.h"

namespace springboard {
namespace {

class Refusal final : public grpc::ServerGenericBidiReactor {
 public:
  Refusal(grpc::GenericCallbackServerContext& context, const absl::Status& why) {
    AddVersions(context);
    Finish(ToGrpcStatus(why));
  }
  void OnDone() override { delete this; }
};

}  // namespace

grpc::ServerGenericBidiReactor* UnknownMethods::CreateReactor(
    grpc::GenericCallbackServerContext* context) {
  const absl::Status why = absl::UnimplementedError(
      absl::StrCat("this server has springboard.v1.TrampolineCompiler, API ", kApiVersion, "; got ",
                   context->method()));
  std::string request_id = RequestIdOf(context->client_metadata());
  if (request_id.empty()) request_id = MakeRequestId();
  context->AddTrailingMetadata(kRequestIdKey, request_id);
  if (observer_ != nullptr) {
    const Work none;
    CallRecord record;
    record.path = context->method();
    record.status = &why;
    record.work = &none;
    record.peer = [context] { return context->peer(); };
    record.request_id = request_id;
    observer_->OnCall(record);
  }
  return new Refusal(*context, why);
}

}  // namespace springboard
