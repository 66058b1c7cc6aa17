#include "client/bound_trampoline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "client/host_target.h"
#include "compiler/compile.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

Trampoline CompileFor(Target target, const char* signature) {
  return *Compile({*Signature::Parse(signature), target});
}

Trampoline CompileHere(const char* signature) { return CompileFor(*HostTarget(), signature); }

const void* Address(const void* function) { return function; }

int64_t Subtract(int64_t a, int64_t b) { return a - b; }
double Scale(double value, uint8_t factor) { return value * factor; }
uint8_t Increment(uint8_t value) { return static_cast<uint8_t>(value + 1); }

template <typename Function>
const void* AddressOf(Function* function) {
  return Address(reinterpret_cast<const void*>(function));
}

absl::StatusOr<BoundTrampoline> BindHere(const char* signature, const void* callee) {
  return BoundTrampoline::Bind(*Signature::Parse(signature), CompileHere(signature), callee);
}

struct TypedArray {
  uint64_t length;
  void* data;
};

// The lines of /proc/self/maps, or of one mapping in it.
std::vector<std::string> MapsContaining(const void* address) {
  std::ifstream maps("/proc/self/maps");
  std::vector<std::string> found;
  for (std::string line; std::getline(maps, line);) {
    uintptr_t begin = 0;
    uintptr_t end = 0;
    char dash = 0;
    std::istringstream(line) >> std::hex >> begin >> dash >> end;
    const auto wanted = reinterpret_cast<uintptr_t>(address);
    if (address == nullptr || (wanted >= begin && wanted < end)) found.push_back(line);
  }
  return found;
}

TEST(BoundTrampolineTest, TailCalls) {
  const absl::StatusOr<BoundTrampoline> bound = BindHere("f64(f64,u8)", AddressOf(&Scale));
  ASSERT_TRUE(bound.ok()) << bound.status();
  // As V8 passes a u8: 32 bits with garbage above the value.
  EXPECT_EQ(bound->As<double(void*, double, uint32_t)>()(nullptr, 2.5, 0xABCDEF04), 10.0);
}

TEST(BoundTrampolineTest, ExtendsANarrowResult) {
  const absl::StatusOr<BoundTrampoline> bound = BindHere("u8(u8)", AddressOf(&Increment));
  ASSERT_TRUE(bound.ok()) << bound.status();
  EXPECT_EQ(bound->As<uint32_t(void*, uint32_t)>()(nullptr, 0x1FF), 0u);
}

TEST(BoundTrampolineTest, StoresALongResultInTheOutArray) {
  const absl::StatusOr<BoundTrampoline> bound = BindHere("i64(i64,i64)", AddressOf(&Subtract));
  ASSERT_TRUE(bound.ok()) << bound.status();
  int64_t out = 0;
  TypedArray array = {2, &out};
  bound->As<void(void*, int64_t, int64_t, TypedArray*)>()(nullptr, 1, int64_t{1} << 40, &array);
  EXPECT_EQ(out, 1 - (int64_t{1} << 40));
}

TEST(BoundTrampolineTest, MovingKeepsTheEntryAndEndsWithTheLastOwner) {
  absl::StatusOr<BoundTrampoline> first = BindHere("u8(u8)", AddressOf(&Increment));
  ASSERT_TRUE(first.ok());
  const void* const entry = first->entry();
  {
    const BoundTrampoline second = *std::move(first);
    EXPECT_EQ(second.entry(), entry);
    EXPECT_EQ(second.As<uint32_t(void*, uint32_t)>()(nullptr, 1), 2u);
    EXPECT_FALSE(MapsContaining(entry).empty());
  }
  EXPECT_TRUE(MapsContaining(entry).empty()) << "the mapping must end with its owner";
}

TEST(BoundTrampolineTest, IsNeverWritableAndCannotBecomeSo) {
  const absl::StatusOr<BoundTrampoline> bound = BindHere("u8(u8)", AddressOf(&Increment));
  ASSERT_TRUE(bound.ok());
  const std::vector<std::string> maps = MapsContaining(bound->entry());
  ASSERT_EQ(maps.size(), 1u);
  EXPECT_NE(maps[0].find(" r-xs "), std::string::npos) << maps[0];
  void* const page = const_cast<void*>(bound->entry());
  const auto size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  EXPECT_EQ(mprotect(page, size, PROT_READ | PROT_WRITE), -1);
  EXPECT_EQ(errno, EACCES);
  EXPECT_EQ(mprotect(page, size, PROT_READ | PROT_WRITE | PROT_EXEC), -1);
  for (const std::string& line : MapsContaining(nullptr)) {
    EXPECT_EQ(line.find("rwx"), std::string::npos) << line;
  }
}

// What Bind() refused, and that it mapped nothing.
ErrorDetails Refusal(const Trampoline& trampoline) {
  const size_t before = MapsContaining(nullptr).size();
  const absl::Status status =
      BoundTrampoline::Bind(*Signature::Parse("u8(u8)"), trampoline, AddressOf(&Increment))
          .status();
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(MapsContaining(nullptr).size(), before);
  return GetErrorDetails(status).value_or(ErrorDetails{status.ToString(), ""});
}

TEST(BoundTrampolineTest, RefusesEveryOtherTarget) {
  for (const TargetInfo& row : AllTargets()) {
    if (row.target == HostTarget()) continue;
    EXPECT_EQ(Refusal(CompileFor(row.target, "u8(u8)")).reason, "WRONG_TARGET") << row.name;
  }
}

TEST(BoundTrampolineTest, RefusesWhatIsNoTarget) {
  Trampoline trampoline = CompileHere("u8(u8)");
  trampoline.target = static_cast<Target>(9);
  EXPECT_EQ(Refusal(trampoline).reason, "WRONG_TARGET");
  const absl::Status checked =
      CheckCode(*Signature::Parse("u8(u8)"), trampoline, Verification::kOn);
  ASSERT_TRUE(GetRejection(checked).has_value()) << checked;
  EXPECT_EQ(GetRejection(checked)->rule, VerifierRule::kUnknownTarget);
  EXPECT_THAT(std::string(checked.message()), testing::HasSubstr("unknown target 9"));
}

TEST(BoundTrampolineTest, RefusesAnOffsetOutsideTheCode) {
  Trampoline trampoline = CompileHere("u8(u8)");
  const auto size = static_cast<uint32_t>(trampoline.code.size());
  for (const uint32_t offset : {size - 7, size, size + 1, 0xFFFFFFFFu}) {
    trampoline.relocation.callee_offset_bytes = offset;
    const ErrorDetails refusal = Refusal(trampoline);
    EXPECT_EQ(refusal.reason, "CALLEE_OFFSET_OUT_OF_RANGE") << offset;
    EXPECT_EQ(refusal.field, "relocation.callee_offset");
  }
  trampoline.code.clear();
  trampoline.relocation.callee_offset_bytes = 0;
  EXPECT_EQ(Refusal(trampoline).reason, "CALLEE_OFFSET_OUT_OF_RANGE");
}

TEST(BoundTrampolineTest, RefusesAnUnknownRelocation) {
  Trampoline trampoline = CompileHere("u8(u8)");
  trampoline.relocation.kind = static_cast<RelocationKind>(7);
  EXPECT_EQ(Refusal(trampoline).reason, "UNKNOWN_RELOCATION");
}

}  // namespace
}  // namespace springboard
