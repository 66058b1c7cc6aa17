// Runs linked trampolines on Windows; see windows_program_test.cc, which makes functions.inc, a
// line FUNCTION(name, size in bytes, throws) for each. Prints one line for each of them: its name,
// "ok" or what is wrong, and at how many instructions it was unwound.

#include <windows.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

extern "C" {
#define FUNCTION(name, size, throws) void name(void);
#include "functions.inc"
#undef FUNCTION
void ThrowHere(void) { throw std::runtime_error("from the callee"); }
}

namespace {

struct Function {
  const char* name;
  void (*code)();
  size_t size_bytes;
  bool throws;
};

const Function kFunctions[] = {
#define FUNCTION(name, size, throws) {#name, name, size, throws},
#include "functions.inc"
#undef FUNCTION
};

// What every argument points to: a typed array of one element.
struct Array {
  uint64_t length;
  void* data;
};
uint64_t element[2];
Array array = {1, element};

template <size_t>
using Argument = Array*;

// With so many arguments that no trampoline has more.
template <size_t... Index>
void Call(void (*code)(), std::index_sequence<Index...>) {
  using Trampoline = uint64_t (*)(Argument<Index>...);
  reinterpret_cast<Trampoline>(code)((void(Index), &array)...);
}
void Call(void (*code)()) { Call(code, std::make_index_sequence<256>()); }

// What a caller has at the call, and has again after it.
struct Preserved {
  DWORD64 rip, rsp, rbx, rbp, rsi, rdi, r12, r13, r14, r15;
  M128A xmm[10];
};

Preserved PreservedOf(const CONTEXT& context) {
  Preserved preserved = {context.Rip, context.Rsp, context.Rbx, context.Rbp,
                         context.Rsi, context.Rdi, context.R12, context.R13,
                         context.R14, context.R15, {}};
  std::memcpy(preserved.xmm, &context.Xmm6, sizeof(preserved.xmm));
  return preserved;
}

// The state of the caller of where `context` is, as Windows finds it.
Preserved Unwind(CONTEXT context) {
  DWORD64 base = 0;
  RUNTIME_FUNCTION* const entry = RtlLookupFunctionEntry(context.Rip, &base, nullptr);
  if (entry == nullptr) {  // A leaf function.
    context.Rip = *reinterpret_cast<DWORD64*>(context.Rsp);
    context.Rsp += sizeof(DWORD64);
  } else {
    void* handler_data = nullptr;
    DWORD64 frame = 0;
    RtlVirtualUnwind(UNW_FLAG_NHANDLER, base, context.Rip, entry, &context, &handler_data, &frame,
                     nullptr);
  }
  return PreservedOf(context);
}

constexpr DWORD kTrapFlag = 0x100;

// What the steps through a trampoline have shown.
const Function* volatile stepped = nullptr;
Preserved caller;
size_t steps = 0;
size_t last_offset = 0;
size_t wrong_offset = 0;
bool is_wrong = false;

LONG CALLBACK OnStep(EXCEPTION_POINTERS* exception) {
  if (exception->ExceptionRecord->ExceptionCode != EXCEPTION_SINGLE_STEP) {
    return EXCEPTION_CONTINUE_SEARCH;
  }
  CONTEXT& context = *exception->ContextRecord;
  context.EFlags &= ~kTrapFlag;
  if (stepped == nullptr) return EXCEPTION_CONTINUE_EXECUTION;
  const size_t offset = context.Rip - reinterpret_cast<DWORD64>(stepped->code);
  if (offset < stepped->size_bytes) {
    if (offset == 0) {
      CONTEXT entered = context;
      entered.Rip = *reinterpret_cast<DWORD64*>(entered.Rsp);
      entered.Rsp += sizeof(DWORD64);
      caller = PreservedOf(entered);
    }
    const Preserved found = Unwind(context);
    if (!is_wrong && std::memcmp(&found, &caller, sizeof(caller)) != 0) {
      is_wrong = true;
      wrong_offset = offset;
    }
    ++steps;
    last_offset = offset;
  }
  context.EFlags |= kTrapFlag;
  return EXCEPTION_CONTINUE_EXECUTION;
}

__attribute__((noinline)) void StartStepping() {
  asm volatile("pushfq\n orq $0x100, (%%rsp)\n popfq" ::: "memory", "cc");
}

std::string Step(const Function& function) {
  steps = 0;
  is_wrong = false;
  stepped = &function;
  StartStepping();
  Call(function.code);
  stepped = nullptr;  // So the next step is the last.
  if (is_wrong) return "unwound wrongly at offset " + std::to_string(wrong_offset);
  return "ok";
}

// Throws through the trampoline.
__attribute__((noinline)) std::string Catch(const Function& function) {
  try {
    Call(function.code);
  } catch (const std::runtime_error& error) {
    return std::string(error.what()) == "from the callee" ? "ok" : "caught something else";
  }
  return "nothing was thrown";
}

}  // namespace

int main() {
  AddVectoredExceptionHandler(1, OnStep);
  for (const Function& function : kFunctions) {
    steps = 0;
    const std::string result = function.throws ? Catch(function) : Step(function);
    std::printf("%s: %s, %zu steps, the last at %zu\n", function.name, result.c_str(), steps,
                last_offset);
  }
  return 0;
}
