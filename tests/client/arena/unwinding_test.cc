// The C++ runtime and gdb see through trampolines.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <ucontext.h>
#include <unwind.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "client/arena/code_arena.h"
#include "client/arena/common_table.h"
#include "client/host_target.h"
#include "compiler/compile.h"
#include "tests/client/arena/all_ways.h"
#include "tests/support/subprocess.h"

namespace springboard {
namespace {

constexpr const char* kFramed[] = {"u16(u16)", "i64(i64)"};

struct TypedArray {
  uint64_t length;
  void* data;
};

uint16_t Throw16(uint16_t value) { throw std::runtime_error(std::to_string(value)); }
int64_t Throw64(int64_t value) { throw std::runtime_error(std::to_string(value)); }

// The functions on the stack, from the innermost.
std::vector<void*> functions_on_stack;

uint16_t Backtrace16(uint16_t value) {
  _Unwind_Backtrace(
      [](_Unwind_Context* context, void*) {
        void* const address = reinterpret_cast<void*>(_Unwind_GetIP(context) - 1);
        functions_on_stack.push_back(_Unwind_FindEnclosingFunction(address));
        return _URC_NO_REASON;
      },
      nullptr);
  return value;
}

// What of an exception arrives at a caller. Not looked at by the address sanitizer, to which an
// exception from code that it does not know leaves scopes open.
__attribute__((noinline, no_sanitize_address)) std::string Catch(const BoundTrampoline& bound) {
  try {
    int64_t out = 0;
    TypedArray array = {1, &out};
    bound.As<uint32_t(void*, uint64_t, TypedArray*)>()(nullptr, 77, &array);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

__attribute__((noinline)) uint32_t Caller(const BoundTrampoline& bound) {
  const uint32_t result = bound.As<uint32_t(void*, uint32_t)>()(nullptr, 7);
  // Not a tail call.
  asm volatile("" ::: "memory");
  return result;
}

class UnwindingTest : public testing::TestWithParam<MappingWay> {
 protected:
  UnwindingTest() {
    CodeArenaOptions options;
    options.way = GetParam();
    options.static_table = &springboard_common_table;
    arena_ = CodeArena::Create(options);
    EXPECT_TRUE(arena_.ok()) << arena_.status();
    functions_on_stack.clear();
  }

  absl::StatusOr<BoundTrampoline> Link(const char* signature, const void* callee) {
    const Signature parsed = *Signature::Parse(signature);
    return arena_->Link(parsed, *Compile({parsed, *HostTarget()}), callee);
  }

  absl::StatusOr<CodeArena> arena_ = absl::UnknownError("");
};

INSTANTIATE_TEST_SUITE_P(Ways, UnwindingTest, testing::ValuesIn(kAllWays), &WayName);

TEST_P(UnwindingTest, ExceptionsPass) {
  for (const char* const signature : kFramed) {
    const void* const callee = signature == kFramed[0] ? reinterpret_cast<const void*>(&Throw16)
                                                       : reinterpret_cast<const void*>(&Throw64);
    const absl::StatusOr<BoundTrampoline> bound = Link(signature, callee);
    ASSERT_TRUE(bound.ok()) << bound.status();
    EXPECT_EQ(Catch(*bound), "77") << signature;
  }
}

TEST_P(UnwindingTest, ABacktraceShowsTheCaller) {
  const absl::StatusOr<BoundTrampoline> bound =
      Link("u16(u16)", reinterpret_cast<const void*>(&Backtrace16));
  ASSERT_TRUE(bound.ok()) << bound.status();
  EXPECT_EQ(Caller(*bound), 7u);
  EXPECT_THAT(functions_on_stack, testing::Contains(reinterpret_cast<void*>(&Caller)));
}

// Thousands of trampolines in one mapping: the right one's frame is found.
TEST_P(UnwindingTest, ExceptionsPassAnyOfMany) {
  if (GetParam() == MappingWay::kStaticTable) GTEST_SKIP() << "it has 16 of them";
  const Signature framed = *Signature::Parse("u16(u16)");
  const Signature tail_called = *Signature::Parse("f64(f64,f64)");
  const Signature saves_register = *Signature::Parse("i64(i64)");
  // Its frame is larger; the callees look at the first alone.
  const Signature large = *Signature::Parse("u16(u16,i64,i64,i64,i64,i64,i64,i64)");
  const Trampoline trampolines[] = {
      *Compile({framed, *HostTarget()}), *Compile({tail_called, *HostTarget()}),
      *Compile({saves_register, *HostTarget()}), *Compile({large, *HostTarget()})};
  std::vector<LinkRequest> requests;
  for (int i = 0; i < 1000; ++i) {
    if (i % 3 == 0) {
      requests.push_back({&large, &trampolines[3], reinterpret_cast<const void*>(&Throw16)});
    }
    requests.push_back({&framed, &trampolines[0], reinterpret_cast<const void*>(&Throw16)});
    requests.push_back({&tail_called, &trampolines[1], reinterpret_cast<const void*>(&Throw64)});
    requests.push_back({&saves_register, &trampolines[2], reinterpret_cast<const void*>(&Throw64)});
  }
  const absl::StatusOr<std::vector<BoundTrampoline>> linked = arena_->LinkAll(requests);
  ASSERT_TRUE(linked.ok()) << linked.status();
  for (size_t i = 0; i < linked->size(); ++i) {
    if (requests[i].signature == &tail_called) continue;
    ASSERT_EQ(Catch((*linked)[i]), "77") << i;
  }
}

#if defined(__x86_64__)

// Calls a trampoline with a value of its own in each register that belongs to the caller (System V
// AMD64 psABI, 3.2.3).
asm(R"(
.text
.type CallWithRegisters, @function
CallWithRegisters:
  .cfi_startproc
  push %rbx
  .cfi_adjust_cfa_offset 8
  .cfi_rel_offset %rbx, 0
  push %rbp
  .cfi_adjust_cfa_offset 8
  .cfi_rel_offset %rbp, 0
  push %r12
  .cfi_adjust_cfa_offset 8
  .cfi_rel_offset %r12, 0
  push %r13
  .cfi_adjust_cfa_offset 8
  .cfi_rel_offset %r13, 0
  push %r14
  .cfi_adjust_cfa_offset 8
  .cfi_rel_offset %r14, 0
  push %r15
  .cfi_adjust_cfa_offset 8
  .cfi_rel_offset %r15, 0
  sub $8, %rsp
  .cfi_adjust_cfa_offset 8
  mov %rdi, %rax
  xor %edi, %edi
  mov $1003, %ebx
  mov $1006, %ebp
  mov $1012, %r12d
  mov $1013, %r13d
  mov $1014, %r14d
  mov $1015, %r15d
  call *%rax
  add $8, %rsp
  .cfi_adjust_cfa_offset -8
  pop %r15
  .cfi_adjust_cfa_offset -8
  .cfi_restore %r15
  pop %r14
  .cfi_adjust_cfa_offset -8
  .cfi_restore %r14
  pop %r13
  .cfi_adjust_cfa_offset -8
  .cfi_restore %r13
  pop %r12
  .cfi_adjust_cfa_offset -8
  .cfi_restore %r12
  pop %rbp
  .cfi_adjust_cfa_offset -8
  .cfi_restore %rbp
  pop %rbx
  .cfi_adjust_cfa_offset -8
  .cfi_restore %rbx
  ret
  .cfi_endproc
.size CallWithRegisters, . - CallWithRegisters
)");
extern "C" void CallWithRegisters(const void* entry, uint64_t value, TypedArray* array);

std::vector<uint64_t> registers_of_caller;

// Reads them where the unwinder has restored them: rbx is 3, rbp 6 (psABI, figure 3.36).
int64_t ReadRegisters(int64_t value) {
  _Unwind_Backtrace(
      [](_Unwind_Context* context, void*) {
        void* const address = reinterpret_cast<void*>(_Unwind_GetIP(context) - 1);
        if (_Unwind_FindEnclosingFunction(address) == reinterpret_cast<void*>(&CallWithRegisters)) {
          for (const int number : {3, 6, 12, 13, 14, 15}) {
            registers_of_caller.push_back(_Unwind_GetGR(context, number));
          }
        }
        return _URC_NO_REASON;
      },
      nullptr);
  return value;
}

TEST_P(UnwindingTest, TheCallersRegistersAreRestored) {
  for (const char* const signature : kFramed) {
    registers_of_caller.clear();
    const absl::StatusOr<BoundTrampoline> bound =
        Link(signature, reinterpret_cast<const void*>(&ReadRegisters));
    ASSERT_TRUE(bound.ok()) << bound.status();
    int64_t out = 0;
    TypedArray array = {1, &out};
    CallWithRegisters(bound->entry(), 77, &array);
    EXPECT_THAT(registers_of_caller, testing::ElementsAre(1003, 1006, 1012, 1013, 1014, 1015))
        << signature;
  }
}

// Stops before each instruction, by the trap flag (Intel SDM volume 1, 3.4.3.3).
asm(R"(
.text
SetTrapFlag:
  pushfq
  orq $0x100, (%rsp)
  popfq
  ret
ClearTrapFlag:
  pushfq
  andq $~0x100, (%rsp)
  popfq
  ret
)");
extern "C" void SetTrapFlag();
extern "C" void ClearTrapFlag();

struct Stepping {
  uintptr_t begin;
  size_t size_bytes;
  std::vector<uintptr_t> seen;     // Offsets of instructions in the trampoline.
  std::vector<uintptr_t> without;  // Those from which the caller was not found.
};
Stepping* stepping = nullptr;

__attribute__((noinline)) void CallStepping(const BoundTrampoline& bound, uint64_t* out) {
  TypedArray array = {1, out};
  auto* const function =
      bound.As<uint64_t(void*, uint64_t, TypedArray*, uint64_t, uint64_t, uint64_t, uint64_t)>();
  SetTrapFlag();
  function(nullptr, 7, &array, 0, 0, 0, 0);
  ClearTrapFlag();
}

void OnStep(int /*signal*/, siginfo_t* /*info*/, void* context) {
  const auto pc =
      static_cast<uintptr_t>(static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
  if (pc - stepping->begin >= stepping->size_bytes) return;
  stepping->seen.push_back(pc - stepping->begin);
  bool found = false;
  _Unwind_Backtrace(
      [](_Unwind_Context* frame, void* is_found) {
        void* const address = reinterpret_cast<void*>(_Unwind_GetIP(frame) - 1);
        if (_Unwind_FindEnclosingFunction(address) == reinterpret_cast<void*>(&CallStepping)) {
          *static_cast<bool*>(is_found) = true;
        }
        return _URC_NO_REASON;
      },
      &found);
  if (!found) stepping->without.push_back(pc - stepping->begin);
}

TEST(AsynchronousTablesTest, TheCallerIsFoundFromEveryInstruction) {
  CodeArenaOptions options;
  options.unwind_tables = UnwindTables::kAsynchronous;
  absl::StatusOr<CodeArena> arena = CodeArena::Create(options);
  ASSERT_TRUE(arena.ok()) << arena.status();
  struct sigaction action = {};
  action.sa_sigaction = &OnStep;
  action.sa_flags = SA_SIGINFO;
  struct sigaction before;
  ASSERT_EQ(sigaction(SIGTRAP, &action, &before), 0);
  int64_t (*const callee)(int64_t) = [](int64_t value) { return value; };
  for (const char* const text :
       {"u16(u16)", "i64(i64)", "f64(f64)", "u16(u16,u64,u64,u64,u64,u64,u64,u64)"}) {
    const Signature signature = *Signature::Parse(text);
    const Trampoline trampoline = *Compile({signature, *HostTarget()});
    const absl::StatusOr<BoundTrampoline> bound =
        arena->Link(signature, trampoline, reinterpret_cast<const void*>(callee));
    ASSERT_TRUE(bound.ok()) << bound.status();
    Stepping steps = {reinterpret_cast<uintptr_t>(bound->entry()), trampoline.code.size(), {}, {}};
    stepping = &steps;
    uint64_t out = 0;
    CallStepping(*bound, &out);
    EXPECT_GE(steps.seen.size(), trampoline.is_tail_call ? 2u : 5u) << text;
    if (!trampoline.is_tail_call) {
      EXPECT_THAT(steps.without, testing::IsEmpty()) << text << ": from offsets in its code";
    }
  }
  ASSERT_EQ(sigaction(SIGTRAP, &before, nullptr), 0);
}

#endif

// What the tests above would see if nothing were registered.
TEST(UnwindingDeathTest, WithoutItAnExceptionEndsTheProcess) {
  CodeArenaOptions options;
  options.unwind_tables.reset();
  const Signature signature = *Signature::Parse("u16(u16)");
  const absl::StatusOr<BoundTrampoline> bound = CodeArena::Create(options)->Link(
      signature, *Compile({signature, *HostTarget()}), reinterpret_cast<const void*>(&Throw16));
  ASSERT_TRUE(bound.ok()) << bound.status();
  EXPECT_DEATH(Catch(*bound), "terminate");
}

TEST(GdbTest, ABacktraceNamesTrampolineAndCaller) {
  for (const char* const way : {"0", "2", "5"}) {
    const ProcessResult result =
        RunProgram({"/usr/bin/gdb", "-nx", "-batch", "-iex", "set debuginfod enabled off", "-ex",
                    "run", "-ex", "backtrace", "--args", "tests/client/arena/debuggee", way});
    EXPECT_THAT(result.out, testing::ContainsRegex("in StopHere .*\n#[0-9]+ .* in springboard "
                                                   "u16\\(u16\\).*\n#[0-9]+ .* in CallForGdb"))
        << way << result.out << result.err;
  }
}

}  // namespace
}  // namespace springboard
