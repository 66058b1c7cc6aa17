// Code that jumps directly to its callee, in memory.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "client/arena/code_arena.h"
#include "client/host_target.h"
#include "client/mapping/mapping_way.h"
#include "compiler/compile.h"
#include "compiler/error_details.h"
#include "tests/client/arena/all_ways.h"

namespace springboard {
namespace {

int32_t Negate(int32_t value) { return -value; }

const void* AddressOf(int32_t (*function)(int32_t)) {
  return reinterpret_cast<const void*>(function);
}

// Pages with the code of Negate(), wherever they are wished.
class FarFunction {
 public:
  explicit FarFunction(uintptr_t address)
      : pages_(mmap(reinterpret_cast<void*>(address), kSize, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0)) {
    if (pages_ == MAP_FAILED) return;
#ifdef __x86_64__
    constexpr uint8_t kCode[] = {0x89, 0xF8, 0xF7, 0xD8, 0xC3};  // mov eax, edi; neg eax; ret
#else
    constexpr uint32_t kCode[] = {0x4B0003E0, 0xD65F03C0};  // neg w0, w0; ret
#endif
    std::memcpy(pages_, kCode, sizeof(kCode));
    mprotect(pages_, kSize, PROT_READ | PROT_EXEC);
  }
  ~FarFunction() {
    if (pages_ != MAP_FAILED) munmap(pages_, kSize);
  }
  FarFunction(const FarFunction&) = delete;
  FarFunction& operator=(const FarFunction&) = delete;

  const void* get() const { return pages_; }

 private:
  static constexpr size_t kSize = 4096;
  void* const pages_;
};

// Whether the callee's address is in the code, which has at least so many bytes.
bool HasAddress(const BoundTrampoline& bound, const void* callee, size_t code_bytes) {
  const absl::Span<const uint8_t> code(static_cast<const uint8_t*>(bound.entry()), code_bytes);
  uint8_t address[sizeof(callee)];
  std::memcpy(address, &callee, sizeof(callee));
  return std::search(code.begin(), code.end(), std::begin(address), std::end(address)) !=
         code.end();
}

class RelaxedLinkTest : public testing::TestWithParam<MappingWay> {
 protected:
  static CodeArenaOptions Options() {
    CodeArenaOptions options;
    options.way = GetParam();
    return options;
  }

  std::vector<BoundTrampoline> Link(const CodeArenaOptions& options,
                                    const std::vector<const void*>& callees) const {
    absl::StatusOr<CodeArena> arena = CodeArena::Create(options);
    EXPECT_TRUE(arena.ok()) << arena.status();
    std::vector<LinkRequest> requests;
    requests.reserve(callees.size());
    for (const void* const callee : callees) requests.push_back({&signature_, &code_, callee});
    absl::StatusOr<std::vector<BoundTrampoline>> linked = arena->LinkAll(requests);
    EXPECT_TRUE(linked.ok()) << linked.status();
    return *std::move(linked);
  }

  // How many load their callee's address. All are called.
  int CountAbsolute(const CodeArenaOptions& options,
                    const std::vector<const void*>& callees) const {
    const std::vector<BoundTrampoline> linked = Link(options, callees);
    int count = 0;
    for (size_t i = 0; i < linked.size(); ++i) {
      EXPECT_EQ(linked[i].As<int32_t(void*, int32_t)>()(nullptr, -7), 7);
      // Nothing is behind the last: its page has zeros to the end.
      if (HasAddress(linked[i], callees[i], code_.code.size())) ++count;
    }
    return count;
  }

  const Signature signature_ = *Signature::Parse("i32(i32)");
  const Trampoline code_ = *Compile({signature_, *HostTarget()});
  const void* const own_ = AddressOf(&Negate);
  const void* const of_library_ = AddressOf(&std::abs);
};

// Those that seal.
INSTANTIATE_TEST_SUITE_P(Ways, RelaxedLinkTest,
                         testing::Values(MappingWay::kSealedShared, MappingWay::kSealedPrivate,
                                         MappingWay::kTemporaryFile, MappingWay::kAnonymous),
                         &WayName);

TEST_P(RelaxedLinkTest, TheProgramsOwnFunctionsAreInReach) {
  EXPECT_EQ(CountAbsolute(Options(), {own_}), 0);
}

TEST_P(RelaxedLinkTest, AFunctionOfALibraryIsInReach) {
  EXPECT_EQ(CountAbsolute(Options(), {of_library_}), 0);
}

TEST_P(RelaxedLinkTest, AFunctionThatIsFarFromAllElseIsInReach) {
  const FarFunction far(0x100000000000);
  ASSERT_NE(far.get(), MAP_FAILED);
  EXPECT_EQ(CountAbsolute(Options(), {far.get()}), 0);
}

TEST_P(RelaxedLinkTest, EachOfManyMappingsIsInReach) {
  const FarFunction far(0x100000000000);
  ASSERT_NE(far.get(), MAP_FAILED);
  // Its address differs from the program's in one bit alone.
  constexpr uintptr_t kFar = uintptr_t{1} << 40;
  const FarFunction alike((reinterpret_cast<uintptr_t>(own_) ^ kFar) / PageBytes() * PageBytes());
  ASSERT_NE(alike.get(), MAP_FAILED);
  absl::StatusOr<CodeArena> arena = CodeArena::Create(Options());
  ASSERT_TRUE(arena.ok()) << arena.status();
  std::vector<BoundTrampoline> linked;
  for (int i = 0; i < 300; ++i) {
    const void* const callee = std::array{own_, far.get(), alike.get()}[i % 3];
    absl::StatusOr<BoundTrampoline> bound = arena->Link(signature_, code_, callee);
    ASSERT_TRUE(bound.ok()) << bound.status();
    EXPECT_FALSE(HasAddress(*bound, callee, code_.code.size())) << i;
    linked.push_back(*std::move(bound));
  }
}

TEST_P(RelaxedLinkTest, OneChunkIsCloseToOneOfThem) {
  const FarFunction far(0x100000000000);
  ASSERT_NE(far.get(), MAP_FAILED);
  EXPECT_EQ(CountAbsolute(Options(), {own_, of_library_, far.get()}), 2);
  EXPECT_EQ(CountAbsolute(Options(), {far.get(), own_, own_, own_}), 1);
}

TEST_P(RelaxedLinkTest, ManyAreSplitByWhereTheirCalleesAre) {
  const FarFunction far(0x100000000000);
  ASSERT_NE(far.get(), MAP_FAILED);
  constexpr int kEach = 10000;
  std::vector<const void*> callees;
  for (int i = 0; i < kEach; ++i) {
    for (const void* const callee : {own_, of_library_, far.get()}) callees.push_back(callee);
  }
  // A chunk has less than 4,000; two have callees of both kinds.
  EXPECT_LT(CountAbsolute(Options(), callees), 2 * 4000);
}

TEST_P(RelaxedLinkTest, WithoutRelaxationAllIsAbsolute) {
  CodeArenaOptions options = Options();
  options.relaxes = false;
  EXPECT_EQ(CountAbsolute(options, {own_, own_}), 2);
}

TEST_P(RelaxedLinkTest, WhatIsNotProvenStaysAsItCame) {
  CodeArenaOptions options = Options();
  options.verification = Verification::kOff;
  EXPECT_EQ(CountAbsolute(options, {own_, own_}), 2);
}

TEST_P(RelaxedLinkTest, WhatWasReservedIsRelaxedWhereItIs) {
  if (GetParam() == MappingWay::kAnonymous) GTEST_SKIP() << "it cannot reserve";
  CodeArenaOptions options = Options();
  options.reserve_bytes = kChunkBytes;
  const FarFunction far(0x100000000000);
  ASSERT_NE(far.get(), MAP_FAILED);
  EXPECT_EQ(CountAbsolute(options, {of_library_, far.get()}), 1);
}

TEST(RelaxedLinkWaysTest, WhatCanBeRepointedIsAbsolute) {
  CodeArenaOptions options;
  options.way = MappingWay::kDual;
  absl::StatusOr<CodeArena> arena = CodeArena::Create(options);
  ASSERT_TRUE(arena.ok()) << arena.status();
  const Signature signature = *Signature::Parse("i32(i32)");
  const Trampoline code = *Compile({signature, *HostTarget()});
  absl::StatusOr<BoundTrampoline> bound = arena->Link(signature, code, AddressOf(&Negate));
  ASSERT_TRUE(bound.ok()) << bound.status();
  EXPECT_TRUE(HasAddress(*bound, AddressOf(&Negate), code.code.size()));
  const FarFunction far(0x100000000000);
  ASSERT_NE(far.get(), MAP_FAILED);
  ASSERT_TRUE(bound->Repoint(far.get()).ok());
  EXPECT_EQ(bound->As<int32_t(void*, int32_t)>()(nullptr, 8), -8);
}

// Says that code will be where it is not.
class WrongDestinationMapper final : public CodeMapper {
 public:
  ReservedRegion Reserve(size_t size, MapTime time) override {
    ReservedRegion reserved = ReserveRegion(MappingWay::kAnonymous, size, time, nullptr);
    auto* const region = std::get_if<std::unique_ptr<CodeRegion>>(&reserved);
    if (region == nullptr || !is_wrong) return reserved;
    return std::make_unique<Region>(std::move(*region));
  }
  bool is_wrong = false;

 private:
  class Region final : public CodeRegion {
   public:
    explicit Region(std::unique_ptr<CodeRegion> region) : region_(std::move(region)) {}
    MappingResult Write(size_t offset, const uint8_t* bytes, size_t size) override {
      return region_->Write(offset, bytes, size);
    }
    MappingResult Seal() override { return region_->Seal(); }
    MappingResult Map() override { return region_->Map(); }
    const uint8_t* address() const override { return region_->address(); }
    const uint8_t* destination() const override { return region_->destination() + 4096; }
    size_t size() const override { return region_->size(); }

   private:
    const std::unique_ptr<CodeRegion> region_;
  };
};

TEST(RelaxedLinkWaysTest, AMapperThatMapsElsewhereThanItSaidIsRefused) {
  WrongDestinationMapper mapper;
  CodeArenaOptions options;
  options.mapper = &mapper;
  absl::StatusOr<CodeArena> arena = CodeArena::Create(options);
  ASSERT_TRUE(arena.ok()) << arena.status();
  const Signature signature = *Signature::Parse("i32(i32)");
  const Trampoline code = *Compile({signature, *HostTarget()});
  ASSERT_TRUE(arena->Link(signature, code, AddressOf(&Negate)).ok());
  mapper.is_wrong = true;
  const absl::Status status = arena->Link(signature, code, AddressOf(&Negate)).status();
  EXPECT_EQ(GetErrorDetails(status)->reason, "MAPPING_REFUSED") << status;
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("CodeRegion::Map"));
}

}  // namespace
}  // namespace springboard
