// TLS: who may listen plainly, whose certificates are accepted, and keys that change under load.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/source/remote_source.h"
#include "compiler/error_details.h"
#include "server/access_policy.h"
#include "tests/support/http_get.h"
#include "tests/support/server_program.h"
#include "tests/support/subprocess.h"
#include "tests/support/unique_name.h"

namespace springboard {
namespace {

using testing::HasSubstr;

void OpenSsl(const std::string& arguments) {
  const ProcessResult result = RunProgram({"/bin/sh", "-c", "openssl " + arguments});
  ASSERT_EQ(result.exit_code, 0) << arguments << "\n" << result.err;
}

std::string Read(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// Replaces a file as a whole.
void Replace(const std::string& path, const std::string& text) {
  std::ofstream(path + ".new") << text;
  ASSERT_EQ(std::rename((path + ".new").c_str(), path.c_str()), 0);
}

// Authorities and what they issued, in a folder of the test's own.
class Certificates {
 public:
  Certificates() : folder_(testing::TempDir() + "/tls_XXXXXX") {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
    MakeAuthority("authority");
    MakeAuthority("other");
    Issue("authority", "server", "DNS:localhost,IP:127.0.0.1");
    Issue("authority", "client", "DNS:builder.example");
    Issue("other", "stranger", "DNS:localhost,IP:127.0.0.1");
  }

  std::string Path(const std::string& name) const { return absl::StrCat(folder_, "/", name); }
  // A certificate and its key in one file.
  std::string Pair(const std::string& name) const { return Path(name + ".pem"); }
  std::string Authority(const std::string& name = "authority") const { return Path(name + ".crt"); }

  void Issue(const std::string& authority, const std::string& name,
             const std::string& names) const {
    Replace(Path(name + ".ext"), "subjectAltName=" + names);
    OpenSsl(absl::StrCat("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=", name,
                         " -keyout ", Path(name + ".key"), " -out ", Path(name + ".csr")));
    OpenSsl(absl::StrCat("x509 -req -days 2 -in ", Path(name + ".csr"), " -CA ",
                         Path(authority + ".crt"), " -CAkey ", Path(authority + ".key"),
                         " -CAcreateserial -extfile ", Path(name + ".ext"), " -out ",
                         Path(name + ".crt")));
    Replace(Pair(name), Read(Path(name + ".crt")) + Read(Path(name + ".key")));
  }

 private:
  void MakeAuthority(const std::string& name) const {
    OpenSsl(absl::StrCat("req -x509 -days 2 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes ",
                         "-subj /CN=", name, " -keyout ", Path(name + ".key"), " -out ",
                         Path(name + ".crt")));
  }

  std::string folder_;
};

class TlsTest : public testing::Test {
 protected:
  // Made once: it takes a while.
  static const Certificates& Files() {
    static const auto* const files = new Certificates;
    return *files;
  }

  static std::unique_ptr<ServerProgram> StartServer(const std::vector<std::string>& flags) {
    return std::make_unique<ServerProgram>(flags, "127.0.0.1:0");
  }

  // What a server says that does not start with these flags.
  static std::string Refusal(const std::vector<std::string>& flags,
                             const std::string& address = "127.0.0.1:0") {
    std::vector<std::string> command = {ServerProgram::kPath, "--listen=" + address};
    command.insert(command.end(), flags.begin(), flags.end());
    const ProcessResult result = RunProgram(command);
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_EQ(result.out, "");
    return result.err;
  }

  static absl::Status Ask(const ServerProgram& server, const ClientSecurity& security) {
    const auto source = RemoteSource::Create(server.address(), security);
    if (!source.ok()) return source.status();
    return (*source)->GetCapabilities(absl::Now() + absl::Seconds(3)).status();
  }
};

TEST_F(TlsTest, AServerIsKnownByItsCertificate) {
  const auto server = StartServer({"--tls_certificate=" + Files().Pair("server")});
  EXPECT_TRUE(Ask(*server, {{"", "", Files().Authority()}, ""}).ok());
  EXPECT_FALSE(Ask(*server, {{"", "", Files().Authority("other")}, ""}).ok());
  EXPECT_FALSE(Ask(*server, {}).ok()) << "a plain client";
  EXPECT_TRUE(Ask(*server, {{"", "", Files().Authority()}, "localhost"}).ok());
  EXPECT_FALSE(Ask(*server, {{"", "", Files().Authority()}, "elsewhere.example"}).ok());
}

TEST_F(TlsTest, ClientsMustHaveACertificateWhereOneIsAskedFor) {
  const auto server = StartServer({"--tls_certificate=" + Files().Path("server.crt"),
                                   "--tls_key=" + Files().Path("server.key"),
                                   "--tls_client_authorities=" + Files().Authority()});
  const std::string authority = Files().Authority();
  EXPECT_TRUE(Ask(*server, {{Files().Pair("client"), "", authority}, ""}).ok());
  EXPECT_FALSE(Ask(*server, {{Files().Pair("stranger"), "", authority}, ""}).ok());
  EXPECT_FALSE(Ask(*server, {{"", "", authority}, ""}).ok());
}

TEST_F(TlsTest, AClientWithTlsDoesNotSpeakToAPlainServer) {
  const auto server = StartServer({});
  EXPECT_FALSE(Ask(*server, {{"", "", Files().Authority()}, ""}).ok());
  EXPECT_TRUE(Ask(*server, {}).ok());
}

TEST_F(TlsTest, FilesThatAreOfNoUseAreErrors) {
  const std::string pair = Files().Pair("server");
  Replace(Files().Path("empty"), "");
  const std::pair<std::vector<std::string>, const char*> wrong[] = {
      {{"--tls_certificate=/no/such.pem"}, "cannot read /no/such.pem: No such file"},
      {{"--tls_certificate=" + Files().Path("empty")}, "empty has no certificate in PEM"},
      {{"--tls_certificate=" + Files().Path("server.crt")},
       "has no private key without a password in PEM"},
      {{"--tls_certificate=" + pair, "--tls_key=" + Files().Path("client.key")},
       "is not that of the certificate in"},
      {{"--tls_certificate=" + pair, "--tls_client_authorities=/no/such.crt"},
       "cannot read /no/such.crt"},
      {{"--tls_client_authorities=" + Files().Authority()}, "a server with TLS has a certificate"},
      {{"--tls_key=" + Files().Path("server.key")}, "of no use without its certificate"},
  };
  for (const auto& [flags, message] : wrong) EXPECT_THAT(Refusal(flags), HasSubstr(message));
  const absl::Status client = RemoteSource::Create("localhost:1", {{pair, "", ""}, ""}).status();
  EXPECT_THAT(std::string(client.message()), HasSubstr("a client with TLS has authorities"));
}

// As an operator would: the farm's builders compile, whoever has a token sees what there is, and
// anyone sees that it lives.
TEST_F(TlsTest, MethodsAreForThoseThatThePolicyNames) {
  const std::string policy = Files().Path("policy");
  const std::string tokens = Files().Path("tokens");
  Replace(policy,
          "# who may what\n"
          "/springboard.v1.TrampolineCompiler/GetCapabilities  token san:builder.example\n"
          "/springboard.v1.TrampolineCompiler/*  san:builder.example\n"
          "/grpc.health.v1.Health/*  anyone\n");
  Replace(tokens, "first-token\nsecond-token\n");
  const std::vector<std::string> flags = {"--tls_certificate=" + Files().Pair("server"),
                                          "--access_policy=" + policy, "--access_tokens=" + tokens};
  const auto no_certificates = StartServer(flags);
  const std::string authority = Files().Authority();
  std::vector<std::string> mutual = flags;
  mutual.push_back("--tls_client_authorities=" + authority);
  const auto server = StartServer(mutual);
  const auto compile = [](const ServerProgram& at, const ClientSecurity& security) {
    const auto source = RemoteSource::Create(at.address(), security);
    EXPECT_TRUE(source.ok()) << source.status();
    return (*source)
        ->Compile({*Signature::Parse("u8(u8)"), Target::kX64SystemV},
                  absl::Now() + absl::Seconds(5))
        .status();
  };
  Files().Issue("authority", "visitor", "DNS:visitor.example");
  ClientSecurity builder = {{Files().Pair("client"), "", authority}, ""};
  ClientSecurity visitor = {{Files().Pair("visitor"), "", authority}, ""};
  EXPECT_TRUE(compile(*server, builder).ok()) << compile(*server, builder);
  EXPECT_TRUE(Ask(*server, builder).ok());
  EXPECT_EQ(compile(*server, visitor).code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(Ask(*server, visitor).code(), absl::StatusCode::kPermissionDenied);
  // By a token.
  const std::string token = Files().Path("token");
  Replace(token, "second-token\n");
  ClientSecurity holder = {{"", "", authority}, "", token};
  EXPECT_TRUE(Ask(*no_certificates, holder).ok()) << Ask(*no_certificates, holder);
  EXPECT_EQ(compile(*no_certificates, holder).code(), absl::StatusCode::kPermissionDenied);
  Replace(token, "third-token\n");
  const absl::Status wrong = Ask(*no_certificates, holder);
  EXPECT_EQ(wrong.code(), absl::StatusCode::kUnauthenticated) << wrong;
  EXPECT_THAT(wrong.ToString(), testing::Not(HasSubstr("third-token")));
  EXPECT_EQ(Ask(*no_certificates, {{"", "", authority}, ""}).code(),
            absl::StatusCode::kUnauthenticated);
  // Tokens change while the server runs.
  Replace(tokens, "third-token\n");
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  while (!Ask(*no_certificates, holder).ok() && absl::Now() < deadline) {
    absl::SleepFor(absl::Milliseconds(100));
  }
  EXPECT_LT(absl::Now(), deadline);
  // Without the file nobody has one.
  ASSERT_EQ(std::remove(tokens.c_str()), 0);
  absl::SleepFor(absl::Seconds(2));
  EXPECT_EQ(Ask(*no_certificates, holder).code(), absl::StatusCode::kUnauthenticated);
}

// Clients of several servers watch the health of each, and show no token for that.
TEST_F(TlsTest, APolicyLetsClientsWatchTheHealthOfServers) {
  const std::string policy = Files().Path("health_policy");
  const std::string tokens = Files().Path("health_tokens");
  Replace(tokens, "a-token\n");
  const ClientSecurity security = {{"", "", Files().Authority()}, "", tokens};
  const auto ask = [&](const std::string& rules) {
    Replace(policy, rules);
    const auto server = StartServer({"--tls_certificate=" + Files().Pair("server"),
                                     "--access_policy=" + policy, "--access_tokens=" + tokens});
    const auto source = RemoteSource::Create("ipv4:" + server->address(), security);
    EXPECT_TRUE(source.ok()) << source.status();
    return (*source)->GetCapabilities(absl::Now() + absl::Seconds(5)).status();
  };
  const std::string ours = "/springboard.v1.TrampolineCompiler/* token\n";
  EXPECT_TRUE(ask(ours + "/grpc.health.v1.Health/* anyone\n").ok());
  EXPECT_FALSE(ask(ours).ok()) << "docs/operations.md says that it needs the other rule";
}

// Names of other kinds that look like the one that is wanted.
TEST_F(TlsTest, OnlyNamesOfDnsAreSansAndOnlyUrisAreUris) {
  const std::string policy = Files().Path("kinds_policy");
  Replace(
      policy,
      "/springboard.v1.TrampolineCompiler/*  san:*.builders.example uri:spiffe://farm/builder\n");
  const auto server =
      StartServer({"--tls_certificate=" + Files().Pair("server"),
                   "--tls_client_authorities=" + Files().Authority(), "--access_policy=" + policy});
  const std::pair<const char*, absl::StatusCode> cases[] = {
      {"DNS:one.builders.example", absl::StatusCode::kOk},
      {"DNS:other.example,DNS:two.builders.example", absl::StatusCode::kOk},
      {"URI:spiffe://farm/builder", absl::StatusCode::kOk},
      {"email:mallory@x.builders.example", absl::StatusCode::kUnauthenticated},
      {"URI:https://x.builders.example", absl::StatusCode::kPermissionDenied},
      {"URI:spiffe://farm/builder2", absl::StatusCode::kPermissionDenied},
      {"DNS:builders.example", absl::StatusCode::kPermissionDenied}};
  int number = 0;
  for (const auto& [names, code] : cases) {
    const std::string name = absl::StrCat("named_", number++);
    Files().Issue("authority", name, names);
    EXPECT_EQ(Ask(*server, {{Files().Pair(name), "", Files().Authority()}, ""}).code(), code)
        << names;
  }
}

TEST_F(TlsTest, FlagsThatKeepNobodyAwayAreErrors) {
  const std::string certificate = "--tls_certificate=" + Files().Pair("server");
  const std::string path = "unix-abstract:" + UniqueName();
  EXPECT_THAT(Refusal({certificate}, path), HasSubstr("are for TCP"));
  EXPECT_THAT(Refusal({"--allow_user=0"}), HasSubstr("are for unix sockets"));
  StartServer({certificate, "--listen=" + path, "--allow_user=0"});
}

TEST_F(TlsTest, AccessControlThatCannotBeIsAnError) {
  const std::string tokens = "--access_tokens=" + Files().Path("some_tokens");
  const std::string certificate = "--tls_certificate=" + Files().Pair("server");
  Replace(Files().Path("some_tokens"), "a\n");
  EXPECT_THAT(Refusal({tokens}), HasSubstr("who calls is known through TLS alone"));
  StartServer({tokens, certificate});
  EXPECT_THAT(Refusal({"--access_tokens=/no/such/tokens", certificate}),
              HasSubstr("/no/such/tokens"));
  Replace(Files().Path("wrong_policy"), "/a anyone\n/b somebody\n");
  EXPECT_THAT(Refusal({"--access_policy=" + Files().Path("wrong_policy"), certificate}),
              HasSubstr("wrong_policy: line 2: who is anyone, token, san:NAME, san:*.DOMAIN or "
                        "uri:URI; got \"somebody\""));
  // Files that were mistaken for each other do not end up in a log.
  Replace(Files().Path("some_tokens"), "secret\nsecret secret\n");
  const std::string mistaken =
      Refusal({"--access_policy=" + Files().Path("some_tokens"), certificate});
  EXPECT_THAT(mistaken, HasSubstr("line 1: a line is METHOD WHO"));
  EXPECT_THAT(mistaken, testing::Not(HasSubstr("secret")));
}

TEST(AccessPolicyTest, TheFirstRuleThatFitsCounts) {
  const absl::StatusOr<AccessPolicy> policy = AccessPolicy::Parse(
      "/a/Open anyone\n  /a/Wild san:*.example\n/a/* token\n\n# none for /b\n/c/X san:one "
      "san:Two\n");
  ASSERT_TRUE(policy.ok()) << policy.status();
  const Caller nobody;
  const Caller token = {{}, {}, true};
  const auto named = [](const char* name) { return Caller{{"other", name}, {}, false}; };
  EXPECT_TRUE(policy->Allows(nobody, "/a/Open"));
  EXPECT_FALSE(policy->Allows(nobody, "/a/Openly"));
  EXPECT_TRUE(policy->Allows(token, "/a/Openly"));
  EXPECT_FALSE(policy->Allows(token, "/a/Wild")) << "a rule of its own";
  EXPECT_TRUE(policy->Allows(named("x.example"), "/a/Wild"));
  EXPECT_FALSE(policy->Allows(named("x.y.example"), "/a/Wild"));
  EXPECT_FALSE(policy->Allows(named("example"), "/a/Wild"));
  EXPECT_FALSE(policy->Allows(named(".example"), "/a/Wild"));
  EXPECT_FALSE(policy->Allows(token, "/b/X"));
  EXPECT_TRUE(policy->Allows(named("two"), "/c/X"));
  EXPECT_FALSE(policy->Allows(named("three"), "/c/X"));
  EXPECT_FALSE(policy->Allows(token, ""));
}

TEST(AccessPolicyTest, WrongLinesAreNamed) {
  for (const char* const text : {"/a", "a anyone", "/a* b* anyone", "/*/b anyone",
                                 "/a san:", "/a san:*", "/a san:a.*.b", "/a Anyone"}) {
    const absl::Status status = AccessPolicy::Parse(text).status();
    EXPECT_EQ(GetErrorDetails(status).value_or(ErrorDetails{}).field, "line 1") << text;
  }
}

TEST_F(TlsTest, PlainTcpIsForLoopback) {
  for (const char* const address : {"0.0.0.0:0", "[::]:0"}) {
    EXPECT_THAT(Refusal({}, address), HasSubstr("--insecure"));
    const ServerProgram insecure({"--insecure"}, address);
    const ServerProgram encrypted({"--tls_certificate=" + Files().Pair("server")}, address);
  }
}

// A new certificate 1,000 times, while one client keeps its connection and others make new ones.
TEST_F(TlsTest, CertificatesChangeWithoutALostCall) {
  const std::string file = Files().Path("rotated.pem");
  std::vector<std::string> pairs;
  for (int i = 0; i < 4; ++i) {
    Files().Issue("authority", "server", "DNS:localhost,IP:127.0.0.1");
    pairs.push_back(Read(Files().Pair("server")));
  }
  Replace(file, pairs[0]);
  const auto server = StartServer({"--tls_certificate=" + file});
  const ClientSecurity security = {{"", "", Files().Authority()}, ""};
  std::atomic<bool> is_over = false;
  std::atomic<int> calls = 0;
  std::atomic<int> connections = 0;
  const CompileRequest request = {*Signature::Parse("u8(u8)"), Target::kX64SystemV};
  const auto compile = [&](RemoteSource& source) {
    const absl::Status status = source.Compile(request, absl::Now() + absl::Seconds(10)).status();
    EXPECT_TRUE(status.ok()) << status;
    ++calls;
  };
  std::thread stays([&] {
    const auto source = *RemoteSource::Create(server->address(), security);
    while (!is_over) compile(*source);
  });
  std::thread comes([&] {
    while (!is_over) {
      compile(**RemoteSource::Create(server->address(), security));
      ++connections;
    }
  });
  for (int i = 0; i < 1000; ++i) {
    Replace(file, pairs[static_cast<size_t>(i) % pairs.size()]);
    absl::SleepFor(absl::Milliseconds(5));
  }
  is_over = true;
  stays.join();
  comes.join();
  EXPECT_GT(calls, 1000);
  EXPECT_GT(connections, 20);
}

// gRPC itself would end the process over the first, and serve nobody after the others.
TEST_F(TlsTest, FilesThatAreDamagedForAWhileDoNoHarm) {
  const std::string good = Read(Files().Pair("server"));
  const std::string file = Files().Path("damaged.pem");
  const std::string client_file = Files().Path("damaged_client.pem");
  Replace(file, good);
  Replace(client_file, Read(Files().Pair("client")));
  const auto server =
      StartServer({"--tls_certificate=" + file, "--tls_client_authorities=" + Files().Authority(),
                   "--http_listen=127.0.0.1:0"});
  const auto end = [&server] {
    const std::string name = "springboard_tls_certificate_not_after_timestamp_seconds ";
    const std::string metrics = HttpGet(server->http_address(), "/metrics").body;
    const size_t at = metrics.find("\n" + name);
    return at == metrics.npos ? "" : metrics.substr(at, metrics.find('\n', at + 1) - at);
  };
  const std::string first_end = end();
  EXPECT_NE(first_end, "");
  const ClientSecurity stays = {{client_file, "", Files().Authority()}, ""};
  const auto source = RemoteSource::Create(server->address(), stays);
  ASSERT_TRUE(source.ok()) << source.status();
  const ClientSecurity other = {{Files().Pair("client"), "", Files().Authority()}, ""};
  const std::string damages[] = {
      "", good.substr(0, good.size() / 2), "garbage",
      Read(Files().Path("server.crt")) + Read(Files().Path("client.key"))};
  for (const std::string& damage : damages) {
    std::ofstream(file, std::ios::trunc) << damage;
    std::ofstream(client_file, std::ios::trunc) << damage;
    absl::SleepFor(absl::Milliseconds(2500));
    EXPECT_TRUE(Ask(*server, other).ok()) << "a new connection; the file: " << damage;
    EXPECT_TRUE((*source)->GetCapabilities(absl::Now() + absl::Seconds(3)).ok());
    EXPECT_EQ(end(), first_end) << "it is that of the certificate that clients are shown";
  }
  std::remove(file.c_str());
  absl::SleepFor(absl::Milliseconds(2500));
  EXPECT_TRUE(Ask(*server, other).ok());
}

// A new one is used for new connections.
TEST_F(TlsTest, AChangedCertificateIsUsedSoon) {
  const std::string file = Files().Path("changed.pem");
  Replace(file, Read(Files().Pair("stranger")));
  const auto server = StartServer({"--tls_certificate=" + file});
  const ClientSecurity security = {{"", "", Files().Authority()}, ""};
  EXPECT_FALSE(Ask(*server, security).ok());
  Replace(file, Read(Files().Pair("server")));
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (!Ask(*server, security).ok() && absl::Now() < deadline) {
    absl::SleepFor(absl::Milliseconds(100));
  }
  EXPECT_LT(absl::Now(), deadline);
}

}  // namespace
}  // namespace springboard
