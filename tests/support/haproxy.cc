#include "tests/support/haproxy.h"

#include <optional>
#include <utility>

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

bool Replace(std::string& text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  if (at == std::string::npos) return false;
  text.replace(at, from.size(), to);
  return true;
}

std::string ServerLine(size_t index, const HaproxyServer& server) {
  std::string line = absl::StrCat("  server s", index, " ", server.address);
  if (server.http_port == 0) return line;
  return absl::StrCat(line, " check port ", server.http_port, " check-proto h1");
}

// The configuration's lines, with these servers for its own at the end.
std::optional<std::string> WithServers(const std::string& text,
                                       const std::vector<HaproxyServer>& servers) {
  std::vector<std::string> lines;
  size_t replaced = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (absl::StartsWith(line, "  server ")) {
      ++replaced;
    } else {
      lines.emplace_back(line);
    }
  }
  if (replaced != 3) return std::nullopt;
  for (size_t i = 0; i < servers.size(); ++i) lines.push_back(ServerLine(i, servers[i]));
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
                                        const std::vector<HaproxyServer>& servers) {
  std::optional<std::string> text = WithServers(ReadFile(kConfiguration), servers);
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
