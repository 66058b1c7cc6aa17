// Every metric and every label of the dashboard and the rules is one that a running server has.

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "springboard/v1/trampoline_compiler.grpc.pb.h"
#include "tests/deploy/expressions.h"
#include "tests/deploy/promql.h"
#include "tests/support/files.h"
#include "tests/support/http_get.h"
#include "tests/support/server_program.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

constexpr char kPromtool[] = "/usr/bin/promtool";

// A server with TLS and metrics, since there are some that only TLS has.
class ObservedServer {
 public:
  ObservedServer() {
    const ProcessResult made =
        RunProgram({"/usr/bin/openssl", "req", "-x509", "-days", "2", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=IP:127.0.0.1", "-keyout", folder_.File("key"), "-out",
                    folder_.File("certificate")});
    EXPECT_EQ(made.exit_code, 0) << made.err;
    program_ = std::make_unique<ServerProgram>(
        std::vector<std::string>{"--http_listen=127.0.0.1:0", "--max_batch_items=10",
                                 "--tls_certificate=" + folder_.File("certificate"),
                                 "--tls_key=" + folder_.File("key")},
        "127.0.0.1:0");
    stub_ = v1::TrampolineCompiler::NewStub(
        grpc::CreateChannel(program_->address(),
                            grpc::SslCredentials({ReadFile(folder_.File("certificate")), "", ""})));
  }
  ObservedServer(const ObservedServer&) = delete;
  ObservedServer& operator=(const ObservedServer&) = delete;

  // One call of each kind: good ones of all methods, wrong ones, and one that is refused.
  void Call() const {
    v1::Capabilities capabilities;
    EXPECT_TRUE(Run([&](grpc::ClientContext& context) {
                  return stub_->GetCapabilities(&context, {}, &capabilities);
                }).ok());
    EXPECT_EQ(Compile(v1::TARGET_X86_64_SYSV), grpc::StatusCode::OK);
    EXPECT_EQ(Compile(v1::TARGET_UNSPECIFIED), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(CompileBatch(1), grpc::StatusCode::OK);
    EXPECT_EQ(CompileBatch(100), grpc::StatusCode::RESOURCE_EXHAUSTED);
  }

  std::string Scrape() const {
    const HttpAnswer answer = GetMetrics(program_->http_address());
    EXPECT_EQ(answer.code, 200) << answer.head;
    return answer.body;
  }

 private:
  template <typename Rpc>
  static grpc::Status Run(const Rpc& rpc) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    return rpc(context);
  }

  grpc::StatusCode Compile(v1::Target target) const {
    v1::CompileTrampolineRequest request;
    request.mutable_signature()->set_result(v1::NATIVE_TYPE_U8);
    request.set_target(target);
    request.set_caller_profile(v1::CALLER_PROFILE_V8_10);
    v1::CompileTrampolineResponse response;
    return Run([&](grpc::ClientContext& context) {
             return stub_->CompileTrampoline(&context, request, &response);
           })
        .error_code();
  }

  // So many signatures for two targets.
  grpc::StatusCode CompileBatch(int signatures) const {
    v1::BatchCompileTrampolinesRequest request;
    auto* const product = request.mutable_product();
    for (int i = 0; i < signatures; ++i) {
      product->add_signatures()->set_result(v1::NATIVE_TYPE_U8);
    }
    product->add_targets(v1::TARGET_X86_64_SYSV);
    product->add_targets(v1::TARGET_AARCH64_APPLE);
    product->set_caller_profile(v1::CALLER_PROFILE_V8_10);
    v1::BatchCompileTrampolinesResponse response;
    return Run([&](grpc::ClientContext& context) {
             return stub_->BatchCompileTrampolines(&context, request, &response);
           })
        .error_code();
  }

  TemporaryFolder folder_;
  std::unique_ptr<ServerProgram> program_;
  std::unique_ptr<v1::TrampolineCompiler::Stub> stub_;
};

// What there is, and what an expression may speak of.
class Known {
 public:
  Known(const MetricLabels& scraped, const std::vector<Expression>& rules) : metrics_(scraped) {
    for (const auto& [name, labels] : scraped) all_labels_.insert(labels.begin(), labels.end());
    for (const Expression& rule : rules) {
      if (rule.is_record) metrics_[rule.name] = all_labels_;
    }
    // What Prometheus says itself, and what it adds.
    metrics_["up"] = {};
    added_ = {"job", "instance"};
    all_labels_.insert(added_.begin(), added_.end());
  }

  // The test fails for each name in it that there is not.
  void Check(const std::string& file, const Expression& expression) const {
    const std::string where = absl::StrCat(file, ", ", expression.name, ": ");
    const PromqlNames names = NamesIn(expression.promql);
    EXPECT_FALSE(names.metrics.empty()) << where << "no metric in it:\n" << expression.promql;
    for (const auto& [name, labels] : names.metrics) {
      const auto metric = metrics_.find(name);
      if (metric == metrics_.end()) {
        ADD_FAILURE() << where << "a running server has no metric " << name;
        continue;
      }
      for (const std::string& label : labels) {
        EXPECT_TRUE(metric->second.count(label) + added_.count(label) > 0)
            << where << name << " of a running server has no label " << label;
      }
    }
    for (const auto* const labels : {&names.groupings, &expression.text_labels}) {
      for (const std::string& label : *labels) {
        EXPECT_EQ(all_labels_.count(label), 1) << where << "no metric has a label " << label;
      }
    }
  }

 private:
  MetricLabels metrics_;
  std::set<std::string> added_;
  std::set<std::string> all_labels_;
};

TEST(MetricsTest, TheDashboardAndTheRulesSpeakOfWhatARunningServerHas) {
  const ObservedServer server;
  server.Call();
  const MetricLabels scraped = ParseExposition(server.Scrape());
  const std::vector<Expression> rules = RulesIn(ReadFile(kRulesFile));
  const Known known(scraped, rules);
  EXPECT_GE(rules.size(), 30) << "rules that are not found are not checked: see RulesIn()";
  for (const Expression& rule : rules) known.Check(kRulesFile, rule);
  const std::vector<Expression> queries = QueriesIn(ReadFile(kDashboardFile));
  EXPECT_GE(queries.size(), 40) << "queries that are not found are not checked: see QueriesIn()";
  for (const Expression& query : queries) known.Check(kDashboardFile, query);
}

// A metric without a place in the dashboard or the rules is one that nobody looks at.
TEST(MetricsTest, EveryMetricOfTheServersOwnIsLookedAt) {
  const ObservedServer server;
  server.Call();
  std::string all;
  for (const Expression& rule : RulesIn(ReadFile(kRulesFile))) all += rule.promql + "\n";
  for (const Expression& query : QueriesIn(ReadFile(kDashboardFile))) all += query.promql + "\n";
  const MetricLabels used = NamesIn(all).metrics;
  for (const auto& [name, labels] : ParseExposition(server.Scrape())) {
    const bool is_of_histogram = absl::EndsWith(name, "_sum") || absl::EndsWith(name, "_count");
    EXPECT_TRUE(is_of_histogram || used.count(name) > 0)
        << name << " is in no panel of " << kDashboardFile << " and no rule of " << kRulesFile;
  }
}

TEST(MetricsTest, PromtoolFindsNothingWrongWithTheMetrics) {
  if (access(kPromtool, X_OK) != 0) GTEST_SKIP() << "no promtool: tools/install_packages test";
  const ObservedServer server;
  server.Call();
  const ProcessResult result = RunProgram({kPromtool, "check", "metrics"}, server.Scrape());
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

}  // namespace
}  // namespace springboard
