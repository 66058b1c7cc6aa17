// A small JavaScript shell with dlopen(): shell [--server=ADDRESS] SCRIPT.js

#include <libplatform/libplatform.h>
#include <v8.h>

#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "client/client.h"
#include "client/source/in_process_source.h"
#include "client/source/remote_source.h"
#include "examples/v8/dlopen.h"

namespace springboard {
namespace {

void Print(const v8::FunctionCallbackInfo<v8::Value>& info) {
  for (int i = 0; i < info.Length(); ++i) {
    const v8::String::Utf8Value text(info.GetIsolate(), info[i]);
    std::cout << (i == 0 ? "" : " ") << (*text != nullptr ? *text : "");
  }
  std::cout << "\n";
}

// False after an exception, whose text goes to stderr.
bool RunScript(v8::Local<v8::Context> context, const std::string& path, const std::string& source) {
  v8::Isolate* const isolate = context->GetIsolate();
  const v8::TryCatch exception(isolate);
  v8::Local<v8::String> text;
  v8::Local<v8::String> name;
  v8::Local<v8::Script> script;
  if (v8::String::NewFromUtf8(isolate, source.data(), v8::NewStringType::kNormal,
                              static_cast<int>(source.size()))
          .ToLocal(&text) &&
      v8::String::NewFromUtf8(isolate, path.c_str()).ToLocal(&name)) {
    v8::ScriptOrigin origin(isolate, name);
    if (v8::Script::Compile(context, text, &origin).ToLocal(&script) &&
        !script->Run(context).IsEmpty()) {
      return true;
    }
  }
  const v8::String::Utf8Value what(isolate, exception.Exception());
  const v8::Local<v8::Message> message = exception.Message();
  const int line = message.IsEmpty() ? 0 : message->GetLineNumber(context).FromMaybe(0);
  std::cerr << path << ":" << line << ": " << (*what != nullptr ? *what : "exception") << "\n";
  return false;
}

int RunShell(Client& client, const std::string& path, const std::string& source) {
  v8::V8::SetFlagsFromString("--turbo-fast-api-calls --single-threaded");
  const std::unique_ptr<v8::Platform> platform = v8::platform::NewSingleThreadedDefaultPlatform();
  v8::V8::InitializePlatform(platform.get());
  v8::V8::Initialize();
  const std::unique_ptr<v8::ArrayBuffer::Allocator> allocator(
      v8::ArrayBuffer::Allocator::NewDefaultAllocator());
  v8::Isolate::CreateParams params;
  params.array_buffer_allocator = allocator.get();
  v8::Isolate* const isolate = v8::Isolate::New(params);
  // Before the isolate's end no function may go.
  Dlopen dlopen(&client);
  bool is_ok = false;
  {
    const v8::Isolate::Scope isolate_scope(isolate);
    const v8::HandleScope handles(isolate);
    const v8::Local<v8::Context> context = v8::Context::New(isolate);
    const v8::Context::Scope context_scope(context);
    dlopen.Install(context);
    context->Global()
        ->Set(context, v8::String::NewFromUtf8Literal(isolate, "print"),
              v8::Function::New(context, &Print).ToLocalChecked())
        .Check();
    is_ok = RunScript(context, path, source);
  }
  isolate->Dispose();
  v8::V8::Dispose();
  v8::V8::DisposePlatform();
  return is_ok ? 0 : 1;
}

int Main(int argc, char** argv) {
  ClientOptions options;
  options.in_process = std::make_shared<InProcessSource>();
  std::string path;
  for (int i = 1; i < argc; ++i) {
    absl::string_view argument = argv[i];
    if (absl::ConsumePrefix(&argument, "--server=")) {
      options.server = std::make_shared<RemoteSource>(std::string(argument));
    } else {
      path = std::string(argument);
    }
  }
  std::ifstream file(path);
  if (path.empty() || absl::StartsWith(path, "-") || !file) {
    std::cerr << "usage: shell [--server=ADDRESS] SCRIPT.js\n";
    return 2;
  }
  std::ostringstream source;
  source << file.rdbuf();
  const absl::StatusOr<std::unique_ptr<Client>> client = Client::Create(std::move(options));
  if (!client.ok()) {
    std::cerr << client.status() << "\n";
    return 1;
  }
  const int exit_code = RunShell(**client, path, source.str());
  for (const SourceCounts::Origin& origin : (*client)->Stats().origins) {
    std::cout << origin.trampolines << " trampolines from " << origin.name << "\n";
  }
  return exit_code;
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) { return springboard::Main(argc, argv); }
