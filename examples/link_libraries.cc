// Links functions of real libraries through trampolines from a server, and compares what they give
// with what direct calls give: link_libraries ADDRESS. Exits with 1 on any difference.

#include <dlfcn.h>

#include <cstdint>
#include <functional>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/arena/code_arena.h"
#include "client/host_target.h"
#include "client/source/remote_source.h"

namespace springboard {
namespace {

// What V8 10 passes for a typed array.
struct TypedArray {
  uint64_t length;
  void* data;
};

// V8's receiver, an object on its heap, of which no callee may hear.
int receiver_object = 0;
void* const kReceiver = &receiver_object;

// The result of a 64-bit function, which V8 gets through an array of two int32.
template <typename Call>
uint64_t ThroughOutArray(const Call& call) {
  uint64_t out = 0;
  TypedArray array = {2, &out};
  call(&array);
  return out;
}

template <typename Value>
std::string Text(const Value& value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

// One function, called both ways.
struct Link {
  std::string library;
  std::string symbol;
  std::string signature;
  std::string arguments;
  std::function<std::string(const BoundTrampoline&)> through_trampoline;
  std::function<std::string(void*)> directly;
};

double CallPow(void* pow) { return reinterpret_cast<double (*)(double, double)>(pow)(2, 10); }

constexpr char kText[] = "springboard";
constexpr char kNumber[] = "18446744073709551557";

const std::vector<Link>& Links() {
  static const std::vector<Link> links = {
      {"libm.so.6", "pow", "f64(f64,f64)", "2, 10",
       [](const BoundTrampoline& bound) {
         return Text(bound.As<double(void*, double, double)>()(kReceiver, 2, 10));
       },
       [](void* pow) { return Text(CallPow(pow)); }},
      {"libz.so.1", "crc32", "u64(u64,buffer,u32)", "0, \"springboard\", 11",
       [](const BoundTrampoline& bound) {
         TypedArray text = {11, const_cast<char*>(kText)};
         return Text(ThroughOutArray([&](TypedArray* out) {
           bound.As<void(void*, uint64_t, TypedArray*, uint32_t, TypedArray*)>()(kReceiver, 0,
                                                                                 &text, 11, out);
         }));
       },
       [](void* crc32) {
         return Text(
             reinterpret_cast<uint64_t (*)(uint64_t, const char*, uint32_t)>(crc32)(0, kText, 11));
       }},
      {"libc.so.6", "strtoull", "u64(buffer,pointer,i32)", "\"18446744073709551557\", null, 10",
       [](const BoundTrampoline& bound) {
         TypedArray text = {sizeof(kNumber), const_cast<char*>(kNumber)};
         return Text(ThroughOutArray([&](TypedArray* out) {
           bound.As<void(void*, TypedArray*, void*, int32_t, TypedArray*)>()(kReceiver, &text,
                                                                             nullptr, 10, out);
         }));
       },
       [](void* strtoull) {
         return Text(reinterpret_cast<uint64_t (*)(const char*, char**, int)>(strtoull)(
             kNumber, nullptr, 10));
       }},
      {"libc.so.6", "htons", "u16(u16)", "0x1234",
       [](const BoundTrampoline& bound) {
         // As V8 passes it: 32 bits, of which the upper 16 may be anything.
         return Text(bound.As<uint32_t(void*, uint32_t)>()(kReceiver, 0xABCD1234));
       },
       [](void* htons) { return Text(reinterpret_cast<uint16_t (*)(uint16_t)>(htons)(0x1234)); }},
      {"libc.so.6", "imaxabs", "i64(i64)", "-9007199254740993",
       [](const BoundTrampoline& bound) {
         return Text(ThroughOutArray([&](TypedArray* out) {
           bound.As<void(void*, int64_t, TypedArray*)>()(kReceiver, -9007199254740993, out);
         }));
       },
       [](void* imaxabs) {
         return Text(reinterpret_cast<int64_t (*)(int64_t)>(imaxabs)(-9007199254740993));
       }},
  };
  return links;
}

absl::StatusOr<void*> FindSymbol(const Link& link) {
  // Never closed: the libraries stay as long as the program.
  void* const library = dlopen(link.library.c_str(), RTLD_NOW);
  if (library == nullptr) return absl::NotFoundError(dlerror());
  void* const symbol = dlsym(library, link.symbol.c_str());
  if (symbol == nullptr) return absl::NotFoundError(dlerror());
  return symbol;
}

// Prints the results side by side; false if they differ.
absl::StatusOr<bool> Compare(CodeArena& arena, const Link& link, const Signature& signature,
                             const absl::StatusOr<Trampoline>& trampoline) {
  if (!trampoline.ok()) return trampoline.status();
  const absl::StatusOr<void*> symbol = FindSymbol(link);
  if (!symbol.ok()) return symbol.status();
  const absl::StatusOr<BoundTrampoline> bound = arena.Link(signature, *trampoline, *symbol);
  if (!bound.ok()) return bound.status();
  const std::string received = link.through_trampoline(*bound);
  const std::string expected = link.directly(*symbol);
  std::cout << absl::StreamFormat(
      "%-10s %-71s %-21s %-21s %s\n", link.library,
      absl::StrCat(link.symbol, "(", link.arguments, ") as ", link.signature), received, expected,
      received == expected ? "same" : "DIFFERENT");
  return received == expected;
}

int Main(const std::string& address) {
  if (!HostTarget().has_value()) {
    std::cerr << "there are no trampolines for this machine\n";
    return 1;
  }
  std::vector<CompileRequest> requests;
  for (const Link& link : Links()) {
    requests.push_back({*Signature::Parse(link.signature), *HostTarget()});
  }
  RemoteSource server(address);
  const std::vector<absl::StatusOr<Trampoline>> trampolines =
      server.CompileMany(requests, absl::Now() + absl::Seconds(10));

  std::cout << absl::StreamFormat("%-10s %-71s %-21s %-21s\n", "library", "call",
                                  "through a trampoline", "directly");
  absl::StatusOr<CodeArena> arena = CodeArena::Create();
  if (!arena.ok()) {
    std::cerr << arena.status() << "\n";
    return 1;
  }
  bool all_same = true;
  for (size_t i = 0; i < Links().size(); ++i) {
    const absl::StatusOr<bool> same =
        Compare(*arena, Links()[i], requests[i].signature, trampolines[i]);
    if (!same.ok()) {
      std::cerr << Links()[i].symbol << ": " << same.status() << "\n";
      return 1;
    }
    all_same = all_same && *same;
  }
  return all_same ? 0 : 1;
}

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: link_libraries ADDRESS\n";
    return 2;
  }
  return springboard::Main(argv[1]);
}
