#include "tests/support/haproxy.h"

#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

constexpr char kHaproxy[] = "/usr/sbin/haproxy";
constexpr char kConfiguration[] = "deploy/haproxy/haproxy.cfg";

// A call of grpc.health.v1.Health/Check for the server as a whole, in HTTP/2.
std::string HealthCall() {
  using std::string_literals::operator""s;
  // Header fields by their places in HPACK's static table, none of them Huffman-coded.
  const std::string headers =
      "\x83\x86\x04\x1c/grpc.health.v1.Health/Check"
      "\x01\x09localhost\x0f\x10\x10"
      "application/grpc"
      "\0\x02te\x08trailers"s;
  return absl::StrCat("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\0\0\0\x04\0\0\0\0\0"s, "\0\0"s,
                      std::string(1, static_cast<char>(headers.size())), "\x01\x04\0\0\0\x01"s,
                      headers, "\0\0\x05\0\x01\0\0\0\x01\0\0\0\0\0"s);
}

// The same as the configuration's check by HTTP. A message of two bytes is the answer: field 1 is 1
// for SERVING, 2 for NOT_SERVING.
std::string GrpcCheck() {
  return absl::StrCat("  option tcp-check\n  tcp-check send-binary ",
                      absl::BytesToHexString(HealthCall()),
                      "\n  tcp-check expect rbinary 0000000002080[12]\n"
                      "  tcp-check expect min-recv 7 ! binary 00000000020802 error-status L7OKC");
}

bool Replace(std::string& text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  if (at == std::string::npos) return false;
  text.replace(at, from.size(), to);
  return true;
}

std::string ServerLine(size_t index, const HaproxyServer& server, HaproxyCheck check) {
  std::string line = absl::StrCat("  server s", index, " ", server.address);
  switch (check) {
    case HaproxyCheck::kNone:
      return line;
    case HaproxyCheck::kHttp:
      return absl::StrCat(line, " check port ", server.http_port, " check-proto h1");
    case HaproxyCheck::kGrpc:
      return absl::StrCat(line, " check check-proto none");
  }
  return "";
}

// The configuration's lines, with these servers for its own at the end.
std::optional<std::string> WithServers(const std::string& text,
                                       const std::vector<HaproxyServer>& servers,
                                       HaproxyCheck check) {
  std::vector<std::string> lines;
  size_t replaced = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (absl::StartsWith(line, "  server ")) {
      ++replaced;
    } else if (check == HaproxyCheck::kGrpc && absl::StartsWith(line, "  option httpchk")) {
      lines.push_back(GrpcCheck());
    } else if (check != HaproxyCheck::kGrpc || !absl::StartsWith(line, "  http-check")) {
      lines.emplace_back(line);
    }
  }
  if (replaced != 3) return std::nullopt;
  for (size_t i = 0; i < servers.size(); ++i) lines.push_back(ServerLine(i, servers[i], check));
  return absl::StrJoin(lines, "\n") + "\n";
}

}  // namespace

bool MakeCertificate(const TemporaryFolder& folder) {
  const std::string pem = folder.File("server.pem");
  return RunProgram({"/usr/bin/openssl", "req", "-x509", "-days", "2", "-newkey", "ec", "-pkeyopt",
                     "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-keyout",
                     folder.File("key"), "-out", folder.File("certificate")})
                 .exit_code == 0 &&
         WriteFile(pem, ReadFile(folder.File("certificate")) + ReadFile(folder.File("key")));
}

std::vector<std::string> HaproxyCommand(const TemporaryFolder& folder, const HaproxyFront& front,
                                        const std::vector<HaproxyServer>& servers,
                                        HaproxyCheck check) {
  std::optional<std::string> text = WithServers(ReadFile(kConfiguration), servers, check);
  if (!text.has_value()) return {};
  const std::pair<const char*, std::string> values[] = {
      {"127.0.0.1:7080", front.plain},
      {"*:7443", front.tls},
      {"/etc/springboard/server.pem", folder.File("server.pem")}};
  for (const auto& [from, to] : values) {
    if (!Replace(*text, from, to)) return {};
  }
  if (!WriteFile(folder.File("haproxy.cfg"), *text)) return {};
  return {kHaproxy, "-q", "-db", "-f", folder.File("haproxy.cfg")};
}

}  // namespace springboard
