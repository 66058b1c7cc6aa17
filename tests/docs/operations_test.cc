// docs/operations.md against the server's program: it has every flag with its default, and every
// metric with its kind and labels; and nothing that the program does not have.

#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "springboard/v1/trampoline_compiler.grpc.pb.h"
#include "tests/support/files.h"
#include "tests/support/http_get.h"
#include "tests/support/server_program.h"
#include "tests/support/subprocess.h"
#include "tests/support/unique_name.h"

namespace springboard {
namespace {

constexpr char kDocument[] = "docs/operations.md";

// The cells of the table rows whose first cell is code that begins so, by that code.
std::map<std::string, std::vector<std::string>> Rows(const std::string& prefix) {
  std::map<std::string, std::vector<std::string>> rows;
  const std::string text = absl::StrReplaceAll(ReadFile(kDocument), {{"\\|", "/"}});
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!absl::StartsWith(line, absl::StrCat("| `", prefix))) continue;
    std::vector<std::string> cells = absl::StrSplit(line, '|');
    for (std::string& cell : cells) {
      cell = std::string(absl::StripAsciiWhitespace(absl::StrReplaceAll(cell, {{"`", ""}})));
    }
    rows[cells[1]] = std::vector<std::string>(cells.begin() + 2, cells.end());
  }
  return rows;
}

TEST(OperationsTest, EveryFlagIsThereAndNoOther) {
  const std::string help = RunProgram({ServerProgram::kPath, "--help"}).out;
  const std::regex flag("\n +(?:-h,)?(--[a-z_]+)");
  std::set<std::string> flags;
  for (std::sregex_iterator i(help.begin(), help.end(), flag), end; i != end; ++i) {
    flags.insert((*i)[1]);
  }
  flags.erase("--help");
  flags.erase("--version");
  EXPECT_GT(flags.size(), 40u) << "these are not all: " << help;
  std::set<std::string> documented;
  for (const auto& [name, cells] : Rows("--")) documented.insert(name);
  EXPECT_EQ(flags, documented) << "each flag is a row of a table in " << kDocument;
}

TEST(OperationsTest, DefaultsAreThoseOfTheProgram) {
  const std::string printed = RunProgram({ServerProgram::kPath, "--print_config"}).out;
  const auto rows = Rows("--");
  int compared = 0;
  for (const absl::string_view line : absl::StrSplit(printed, '\n')) {
    const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits(" = ", 1));
    // That of --listen is the user's own.
    if (parts.size() != 2 || parts[0] == "listen") continue;
    const std::string value =
        absl::StrReplaceAll(parts[1].substr(0, parts[1].find("  # ")), {{"\"", ""}});
    const auto row = rows.find("--" + parts[0]);
    ASSERT_NE(row, rows.end()) << parts[0];
    EXPECT_EQ(row->second[0], value) << "--" << parts[0] << " in " << kDocument;
    ++compared;
  }
  EXPECT_GT(compared, 25);
}

// Of a server that has been called, well and not.
std::string Scrape() {
  const TemporaryFolder folder;
  const std::string socket = "unix-abstract:" + UniqueName();
  const std::string pem = folder.File("server.pem");
  EXPECT_EQ(RunProgram({"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-keyout",
                        pem, "-out", folder.File("certificate")})
                .exit_code,
            0);
  EXPECT_TRUE(WriteFile(pem, ReadFile(pem) + ReadFile(folder.File("certificate"))));
  const ServerProgram server(
      {"--http_listen=127.0.0.1:0", "--tls_certificate=" + pem, "--listen=" + socket},
      "127.0.0.1:0");
  const auto stub = v1::TrampolineCompiler::NewStub(
      grpc::CreateChannel(socket, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  v1::CompileTrampolineResponse response;
  EXPECT_FALSE(stub->CompileTrampoline(&context, v1::CompileTrampolineRequest(), &response).ok());
  grpc::ClientContext batch_context;
  v1::BatchCompileTrampolinesResponse batch_response;
  EXPECT_TRUE(stub->BatchCompileTrampolines(&batch_context, v1::BatchCompileTrampolinesRequest(),
                                            &batch_response)
                  .ok());
  return GetMetrics(server.http_address()).body;
}

TEST(OperationsTest, EveryMetricIsThereWithItsKindAndLabels) {
  const std::string metrics = Scrape();
  std::map<std::string, std::string> kinds;
  std::map<std::string, std::set<std::string>> labels;
  for (const absl::string_view line : absl::StrSplit(metrics, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (words[0] == "#") {
      if (words[1] == "TYPE") kinds[words[2]] = words[3];
      continue;
    }
    std::string name = std::string(line.substr(0, line.find_first_of("{ ")));
    for (const char* const suffix : {"_bucket", "_sum", "_count"}) {
      if (absl::EndsWith(name, suffix) && kinds.count(name) == 0) {
        name.resize(name.size() - std::string(suffix).size());
      }
    }
    const std::string text(line);
    const std::regex label("([a-z_]+)=\"");
    for (std::sregex_iterator i(text.begin(), text.end(), label), end; i != end; ++i) {
      if ((*i)[1] != "le") labels[name].insert((*i)[1]);
    }
  }
  std::map<std::string, std::vector<std::string>> rows = Rows("springboard_");
  rows.merge(Rows("process_"));
  EXPECT_GT(kinds.size(), 20u);
  for (const auto& [name, kind] : kinds) {
    const auto row = rows.find(name);
    if (row == rows.end()) {
      ADD_FAILURE() << name << " is not in a table of " << kDocument;
      continue;
    }
    EXPECT_EQ(row->second[0], kind) << name;
    EXPECT_EQ(row->second[1], absl::StrJoin(labels[name], ", ")) << name;
    rows.erase(row);
  }
  for (const auto& [name, cells] : rows) {
    ADD_FAILURE() << kDocument << " has " << name << ", and the server does not";
  }
}

}  // namespace
}  // namespace springboard
