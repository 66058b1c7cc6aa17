// Each condition of the verifier, by wrong code that nothing else would reject: without the
// condition it is accepted, or rejected for another reason.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/verifier/verifier.h"
#include "compiler/signature.h"
#include "compiler/target.h"
#include "tests/client/verifier/guard.h"
#include "tests/client/verifier/hex_case.h"

namespace springboard::verifier_test {
namespace {

// The comments give the instructions, with {wrong | right} in the one place that differs.
const std::vector<Guard>& Guards() {
  using Rule = VerifierRule;
  static const std::vector<Guard> guards = {

      // Memory.

      // sub rsp, 8; {mov rax, [rsp+4] | mov rax, [rsp]}; mov rdi, rsi; call callee; add rsp, 8; ret
      {Rule::kRead, "across the top of the frame", kSystemV, "void(u64)", "4883ec08", "488b442404",
       "488b0424", "4889f7" + Call() + "4883c408c3", 4},
      // sub rsp, 8; {mov [rsp+4], rsi | mov [rsp], rsi}; mov rdi, rsi; call callee; add rsp, 8; ret
      {Rule::kWrite, "across the top of the frame", kSystemV, "void(u64)", "4883ec08", "4889742404",
       "48893424", "4889f7" + Call() + "4883c408c3", 4},
      // sub rsp, 8; {mov rax, [rsp-4] | mov rax, [rsp]}; mov rdi, rsi; call callee; add rsp, 8; ret
      {Rule::kRead, "across its bottom", kSystemV, "void(u64)", "4883ec08", "488b4424fc",
       "488b0424", "4889f7" + Call() + "4883c408c3", 4},
      // sub rsp, 8; {mov [rsp-4], rsi | mov [rsp], rsi}; mov rdi, rsi; call callee; add rsp, 8; ret
      {Rule::kWrite, "across its bottom", kSystemV, "void(u64)", "4883ec08", "48897424fc",
       "48893424", "4889f7" + Call() + "4883c408c3", 4},
      // sub rsp, 8; {mov rax, [rsp+0x7fffffff] | mov rax, [rsp]}; mov rdi, rsi; call callee;
      // add rsp, 8; ret
      {Rule::kRead, "far above", kSystemV, "void(u64)", "4883ec08", "488b8424ffffff7f", "488b0424",
       "4889f7" + Call() + "4883c408c3", 4},
      // sub rsp, 8; {mov [rsp+0x7fffffff], rsi | mov [rsp], rsi}; mov rdi, rsi; call callee;
      // add rsp, 8; ret
      {Rule::kWrite, "far above", kSystemV, "void(u64)", "4883ec08", "4889b424ffffff7f", "48893424",
       "4889f7" + Call() + "4883c408c3", 4},
      // sub rsp, 8; {mov rax, [rsp-0x80000000] | mov rax, [rsp]}; mov rdi, rsi; call callee;
      // add rsp, 8; ret
      {Rule::kRead, "so far below that the sum overflows", kSystemV, "void(u64)", "4883ec08",
       "488b842400000080", "488b0424", "4889f7" + Call() + "4883c408c3", 4},
      // sub rsp, 8; {mov [rsp-0x80000000], rsi | mov [rsp], rsi}; mov rdi, rsi; call callee;
      // add rsp, 8; ret
      {Rule::kWrite, "so far below that the sum overflows", kSystemV, "void(u64)", "4883ec08",
       "4889b42400000080", "48893424", "4889f7" + Call() + "4883c408c3", 4},
      // {mov rax, [rsp+4] | mov rax, [rsp+8]}; mov rdi, rsi; mov rsi, rdx; mov rdx, rcx;
      // mov rcx, r8; mov r8, r9; mov r9, [rsp+8]; jmp callee
      {Rule::kRead, "a half of the return address", kSystemV, "void(u64,u64,u64,u64,u64,u64)", "",
       "488b442404", "488b442408", "4889f74889d64889ca4c89c14d89c84c8b4c2408" + Jump(), 0},
      // {mov rax, [rsp+12] | mov rax, [rsp+8]}; mov rdi, rsi; mov rsi, rdx; mov rdx, rcx;
      // mov rcx, r8; mov r8, r9; mov r9, [rsp+8]; jmp callee
      {Rule::kRead, "across the end of the arguments", kSystemV, "void(u64,u64,u64,u64,u64,u64)",
       "", "488b44240c", "488b442408", "4889f74889d64889ca4c89c14d89c84c8b4c2408" + Jump(), 0},
      // mov rdi, rsi; mov rsi, rdx; mov rdx, rcx; mov rcx, r8; mov r8, r9; mov r9, [rsp+8];
      // {mov [rsp+4], rsi | mov [rsp+8], rsi}; jmp callee
      {Rule::kWrite, "a half of the return address", kSystemV, "void(u64,u64,u64,u64,u64,u64)",
       "4889f74889d64889ca4c89c14d89c84c8b4c2408", "4889742404", "4889742408", Jump(), 20},
      // mov rdi, rsi; mov rsi, rdx; mov rdx, rcx; mov rcx, r8; mov r8, r9; mov r9, [rsp+8];
      // {mov [rsp+12], rsi | mov [rsp+8], rsi}; jmp callee
      {Rule::kWrite, "across the end of the arguments", kSystemV, "void(u64,u64,u64,u64,u64,u64)",
       "4889f74889d64889ca4c89c14d89c84c8b4c2408", "488974240c", "4889742408", Jump(), 20},
      // {mov rax, [rsp+0x7fffffff] | mov rax, [rsp+8]}; mov rdi, rsi; mov rsi, rdx; mov rdx, rcx;
      // mov rcx, r8; mov r8, r9; mov r9, [rsp+8]; jmp callee
      {Rule::kRead, "so far that the sum overflows, without a frame", kSystemV,
       "void(u64,u64,u64,u64,u64,u64)", "", "488b8424ffffff7f", "488b442408",
       "4889f74889d64889ca4c89c14d89c84c8b4c2408" + Jump(), 0},
      // mov rdi, rsi; mov rsi, rdx; mov rdx, rcx; mov rcx, r8; mov r8, r9; mov r9, [rsp+8];
      // {mov [rsp+0x7fffffff], rsi | mov [rsp+8], rsi}; jmp callee
      {Rule::kWrite, "so far that the sum overflows, without a frame", kSystemV,
       "void(u64,u64,u64,u64,u64,u64)", "4889f74889d64889ca4c89c14d89c84c8b4c2408",
       "4889b424ffffff7f", "4889742408", Jump(), 20},
      // {mov rax, [rsp+0x7ffffff8] | mov rax, [rsp+8]}; mov rdi, rsi; mov rsi, rdx; mov rdx, rcx;
      // mov rcx, r8; mov r8, r9; mov r9, [rsp+8]; jmp callee
      {Rule::kRead, "just as far, without a frame", kSystemV, "void(u64,u64,u64,u64,u64,u64)", "",
       "488b8424f8ffff7f", "488b442408", "4889f74889d64889ca4c89c14d89c84c8b4c2408" + Jump(), 0},
      // mov rdi, rsi; mov rsi, rdx; mov rdx, rcx; mov rcx, r8; mov r8, r9; mov r9, [rsp+8];
      // {mov [rsp+0x7ffffff8], rsi | mov [rsp+8], rsi}; jmp callee
      {Rule::kWrite, "just as far, without a frame", kSystemV, "void(u64,u64,u64,u64,u64,u64)",
       "4889f74889d64889ca4c89c14d89c84c8b4c2408", "4889b424f8ffff7f", "4889742408", Jump(), 20},
      // {push [rsp] | push [rsp+8]}; mov rdi, rsi; mov rsi, rdx; mov rdx, rcx; mov rcx, r8;
      // mov r8, r9; mov r9, [rsp+16]; call callee; pop rcx; ret
      {Rule::kRead, "the return address pushed", kSystemV, "void(u64,u64,u64,u64,u64,u64)", "",
       "ff3424", "ff742408", "4889f74889d64889ca4c89c14d89c84c8b4c2410" + Call() + "59c3", 0},
      // {push [rsp+16] | push [rsp+8]}; mov rdi, rsi; mov rsi, rdx; mov rdx, rcx; mov rcx, r8;
      // mov r8, r9; mov r9, [rsp+16]; call callee; pop rcx; ret
      {Rule::kRead, "what is behind the arguments pushed", kSystemV,
       "void(u64,u64,u64,u64,u64,u64)", "", "ff742410", "ff742408",
       "4889f74889d64889ca4c89c14d89c84c8b4c2410" + Call() + "59c3", 0},
      // {push [rsp+0x7fffffff] | push [rsp+8]}; mov rdi, rsi; mov rsi, rdx; mov rdx, rcx;
      // mov rcx, r8; mov r8, r9; mov r9, [rsp+16]; call callee; pop rcx; ret
      {Rule::kRead, "what is far above pushed", kSystemV, "void(u64,u64,u64,u64,u64,u64)", "",
       "ffb424ffffff7f", "ff742408", "4889f74889d64889ca4c89c14d89c84c8b4c2410" + Call() + "59c3",
       0},
      // {push [rsp-8] | push [rsp+8]}; mov rdi, rsi; mov rsi, rdx; mov rdx, rcx; mov rcx, r8;
      // mov r8, r9; mov r9, [rsp+16]; call callee; pop rcx; ret
      {Rule::kRead, "what is below the stack pointer pushed", kSystemV,
       "void(u64,u64,u64,u64,u64,u64)", "", "ff7424f8", "ff742408",
       "4889f74889d64889ca4c89c14d89c84c8b4c2410" + Call() + "59c3", 0},
      // {push [rsi] | push [rsi+8]}; mov rdi, [rsi+8]; call callee; pop rcx; ret
      {Rule::kRead, "a buffer's length pushed", kSystemV, "void(buffer)", "", "ff36", "ff7608",
       "488b7e08" + Call() + "59c3", 0},
      // {push [rdi+8] | push [rsi+8]}; mov rdi, [rsi+8]; call callee; pop rcx; ret
      {Rule::kRead, "a part of the receiver pushed", kSystemV, "void(buffer)", "", "ff7708",
       "ff7608", "488b7e08" + Call() + "59c3", 0},
      // mov rdi, rsi; sub rsp, 8; call callee; {push [rsp] | mov rcx, [rsp]}; add rsp, 8; ret
      {Rule::kStackPointer, "a push after the call", kSystemV, "void(u64)",
       "4889f74883ec08" + Call(), "ff3424", "488b0c24", "4883c408c3", 19},
      // {mov rax, [rsp+32] | mov rax, rdx}; mov rcx, rdx; jmp callee
      {Rule::kRead, "V8's shadow space", kWindows, "void(u64)", "", "488b442420", "4889d0",
       "4889d1" + Jump(), 0},
      // {mov [rsp+8], rdx | mov rax, rdx}; mov rcx, rdx; jmp callee
      {Rule::kWrite, "V8's shadow space", kWindows, "void(u64)", "", "4889542408", "4889d0",
       "4889d1" + Jump(), 0},
      // {pop rax | mov rax, rsi}; mov rdi, rsi; jmp callee
      {Rule::kRead, "the return address popped", kSystemV, "void(u64)", "", "58", "4889f0",
       "4889f7" + Jump(), 0},
      // push rax; mov rdi, rsi; call callee; pop rcx; {pop rcx | mov rcx, rax}; ret
      {Rule::kRead, "the return address popped after the call", kSystemV, "void(u64)",
       "504889f7" + Call() + "59", "59", "4889c1", "c3", 17},
      // sub sp, sp, #32; stp x29, x30, [sp]; {stp x29, x30, [sp, #24] | stp x29, x30, [sp, #16]};
      // mov x29, sp; mov x0, x1; ldr x16, callee; blr x16; ldp x29, x30, [sp]; add sp, sp, #32; ret
      {Rule::kWrite, "a record at sp + 24", kLinuxArm, "void(u64)", Words({0xD10083FF, 0xA9007BFD}),
       Words({0xA901FBFD}), Words({0xA9017BFD}),
       Words({0x910003FD, 0xAA0103E0, 0x580000B0, 0xD63F0200, 0xA9407BFD, 0x910083FF, 0xD65F03C0}),
       8},
      // sub sp, sp, #32; stp x29, x30, [sp]; mov x29, sp; mov x0, x1; ldr x16, callee; blr x16;
      // {ldp x29, x30, [sp, #24] | ldp x29, x30, [sp]}; add sp, sp, #32; ret
      {Rule::kRead, "a record at sp + 24", kLinuxArm, "void(u64)",
       Words({0xD10083FF, 0xA9007BFD, 0x910003FD, 0xAA0103E0, 0x580000B0, 0xD63F0200}),
       Words({0xA941FBFD}), Words({0xA9407BFD}), Words({0x910083FF, 0xD65F03C0}), 24},
      // sub sp, sp, #32; stp x29, x30, [sp]; {stp x29, x30, [sp, #-16] | stp x29, x30, [sp, #16]};
      // mov x29, sp; mov x0, x1; ldr x16, callee; blr x16; ldp x29, x30, [sp]; add sp, sp, #32; ret
      {Rule::kWrite, "a record at sp - 16", kLinuxArm, "void(u64)", Words({0xD10083FF, 0xA9007BFD}),
       Words({0xA93F7BFD}), Words({0xA9017BFD}),
       Words({0x910003FD, 0xAA0103E0, 0x580000B0, 0xD63F0200, 0xA9407BFD, 0x910083FF, 0xD65F03C0}),
       8},
      // sub sp, sp, #32; stp x29, x30, [sp]; mov x29, sp; mov x0, x1; ldr x16, callee; blr x16;
      // {ldp x29, x30, [sp, #-16] | ldp x29, x30, [sp]}; add sp, sp, #32; ret
      {Rule::kRead, "a record at sp - 16", kLinuxArm, "void(u64)",
       Words({0xD10083FF, 0xA9007BFD, 0x910003FD, 0xAA0103E0, 0x580000B0, 0xD63F0200}),
       Words({0xA97F7BFD}), Words({0xA9407BFD}), Words({0x910083FF, 0xD65F03C0}), 24},
      // sub sp, sp, #32; stp x29, x30, [sp]; {stp x29, x30, [sp, #-8] | stp x29, x30, [sp, #16]};
      // mov x29, sp; mov x0, x1; ldr x16, callee; blr x16; ldp x29, x30, [sp]; add sp, sp, #32; ret
      {Rule::kWrite, "a record at sp - 8", kLinuxArm, "void(u64)", Words({0xD10083FF, 0xA9007BFD}),
       Words({0xA93FFBFD}), Words({0xA9017BFD}),
       Words({0x910003FD, 0xAA0103E0, 0x580000B0, 0xD63F0200, 0xA9407BFD, 0x910083FF, 0xD65F03C0}),
       8},
      // sub sp, sp, #32; stp x29, x30, [sp]; mov x29, sp; mov x0, x1; ldr x16, callee; blr x16;
      // {ldp x29, x30, [sp, #-8] | ldp x29, x30, [sp]}; add sp, sp, #32; ret
      {Rule::kRead, "a record at sp - 8", kLinuxArm, "void(u64)",
       Words({0xD10083FF, 0xA9007BFD, 0x910003FD, 0xAA0103E0, 0x580000B0, 0xD63F0200}),
       Words({0xA97FFBFD}), Words({0xA9407BFD}), Words({0x910083FF, 0xD65F03C0}), 24},
      // stp x29, x30, [sp, #-32]!; mov x29, sp; mov x0, x1; mov x1, x2; mov x2, x3; mov x3, x4;
      // mov x4, x5; mov x5, x6; mov x6, x7; ldr x7, [sp, #32]; {str x9, [sp, #32] |
      // str x9, [sp, #16]}; ldr x16, callee; blr x16; ldp x29, x30, [sp], #32; ret
      {Rule::kWrite, "an argument of V8's, before a call", kLinuxArm,
       "void(u64,u64,u64,u64,u64,u64,u64,u64)",
       Words({0xA9BE7BFD, 0x910003FD, 0xAA0103E0, 0xAA0203E1, 0xAA0303E2, 0xAA0403E3, 0xAA0503E4,
              0xAA0603E5, 0xAA0703E6, 0xF94013E7}),
       Words({0xF90013E9}), Words({0xF9000BE9}),
       Words({0x58000090, 0xD63F0200, 0xA8C27BFD, 0xD65F03C0}), 48},

      // Arrays.

      // {mov eax, [rsi+8] | mov rax, [rsi+8]}; mov rdi, [rsi+8]; jmp callee
      {Rule::kRead, "4 bytes of the data pointer", kSystemV, "void(buffer)", "", "8b4608",
       "488b4608", "488b7e08" + Jump(), 0},
      // {movzx eax, word ptr [rsi+8] | mov rax, [rsi+8]}; mov rdi, [rsi+8]; jmp callee
      {Rule::kRead, "2 bytes of it", kSystemV, "void(buffer)", "", "0fb74608", "488b4608",
       "488b7e08" + Jump(), 0},
      // {movsd xmm1, [rsi+8] | mov rax, [rsi+8]}; mov rdi, [rsi+8]; jmp callee
      {Rule::kRead, "into a vector register", kSystemV, "void(buffer)", "", "f20f104e08",
       "488b4608", "488b7e08" + Jump(), 0},
      // {mov rax, [rsi+0x7ffffff8] | mov rax, [rsi+8]}; mov rdi, [rsi+8]; jmp callee
      {Rule::kRead, "far from the array", kSystemV, "void(buffer)", "", "488b86f8ffff7f",
       "488b4608", "488b7e08" + Jump(), 0},
      // {ldr d1, [x1, #8] | ldr x9, [x1, #8]}; ldr x0, [x1, #8]; ldr x16, callee; br x16
      {Rule::kRead, "into a vector register", kLinuxArm, "void(buffer)", "", Words({0xFD400421}),
       Words({0xF9400429}), Words({0xF9400420, 0x58000050, 0xD61F0200}), 0},
      // {mov eax, esi | mov rax, rsi}; mov rdi, [rax+8]; jmp callee
      {Rule::kRead, "through half of the pointer", kSystemV, "void(buffer)", "", "89f0", "4889f0",
       "488b7808" + Jump(), 2},
      // {mov rax, [rsi+8] | mov rax, rsi}; mov rdi, [rax+8]; jmp callee
      {Rule::kRead, "through the data pointer", kSystemV, "void(buffer)", "", "488b4608", "4889f0",
       "488b7808" + Jump(), 4},
      // push rbx; mov rbx, [rsi+8]; {mov [rbx], rax | mov rax, rbx}; xor edi, edi; call callee;
      // mov [rbx], rax; pop rbx; ret
      {Rule::kOutArray, "stored before the call", kSystemV, "u64()", "53488b5e08", "488903",
       "4889d8", "31ff" + Call() + "4889035bc3", 5},
      // push rbx; mov rbx, [rsi+8]; xor edi, edi; call callee; {mov rcx, rax | mov [rbx], rax};
      // pop rbx; ret
      {Rule::kOutArray, "never stored", kSystemV, "u64()", "53488b5e0831ff" + Call(), "4889c1",
       "488903", "5bc3", 23},
      // push rbx; mov rbx, [rsi+8]; xor edi, edi; call callee; {mov [rbx], rbx | mov [rbx], rax};
      // pop rbx; ret
      {Rule::kOutArray, "another value", kSystemV, "u64()", "53488b5e0831ff" + Call(), "48891b",
       "488903", "5bc3", 19},
      // push rbx; mov rbx, [rsi+8]; xor edi, edi; call callee; {movsd [rbx], xmm0 |
      // mov [rbx], rax}; pop rbx; ret
      {Rule::kOutArray, "the other result", kSystemV, "u64()", "53488b5e0831ff" + Call(),
       "f20f1103", "488903", "5bc3", 19},
      // push rbx; mov rbx, [rsi+8]; xor edi, edi; call callee; {mov eax, eax | mov rax, rax};
      // mov [rbx], rax; pop rbx; ret
      {Rule::kOutArray, "a half of the result with zeros", kSystemV, "u64()",
       "53488b5e0831ff" + Call(), "89c0", "4889c0", "4889035bc3", 21},
      // stp x29, x30, [sp, #-32]!; mov x29, sp; str x19, [sp, #16]; ldr x19, [x1, #8]; mov x0, xzr;
      // ldr x16, callee; blr x16; str x0, [x19]; {str x0, [x19] | str x0, [sp, #24]};
      // ldr x19, [sp, #16]; ldp x29, x30, [sp], #32; ret
      {Rule::kOutArray, "stored twice", kLinuxArm, "u64()",
       Words({0xA9BE7BFD, 0x910003FD, 0xF9000BF3, 0xF9400433, 0xAA1F03E0, 0x580000F0, 0xD63F0200,
              0xF9000260}),
       Words({0xF9000260}), Words({0xF9000FE0}), Words({0xF9400BF3, 0xA8C27BFD, 0xD65F03C0}), 32},
      // push rbx; mov rbx, [rsi+8]; {mov ebx, ebx | mov rbx, rbx}; xor edi, edi; call callee;
      // mov [rbx], rax; pop rbx; ret
      {Rule::kWrite, "through half of the data pointer", kSystemV, "u64()", "53488b5e08", "89db",
       "4889db", "31ff" + Call() + "4889035bc3", 21},
      // push rbx; {mov rbx, rsi | mov rbx, [rsi+8]}; xor edi, edi; call callee; mov [rbx], rax;
      // pop rbx; ret
      {Rule::kWrite, "to the array's struct", kSystemV, "u64()", "53", "4889f3", "488b5e08",
       "31ff" + Call() + "4889035bc3", 18},
      // push rbx; {mov rbx, [rsi+8] | mov rbx, [rdx+8]}; mov rdi, [rsi+8]; call callee;
      // mov [rbx], rax; pop rbx; ret
      {Rule::kWrite, "to a buffer", kSystemV, "u64(buffer)", "53", "488b5e08", "488b5a08",
       "488b7e08" + Call() + "4889035bc3", 21},
      // push rbx; mov rbx, [rsi+8]; xor edi, edi; call callee; {mov [rbx+0x7fffffff], rax |
      // mov [rbx], rax}; pop rbx; ret
      {Rule::kWrite, "far from the out array", kSystemV, "u64()", "53488b5e0831ff" + Call(),
       "488983ffffff7f", "488903", "5bc3", 19},

      // Stack pointer.

      // {sub rsp, 16; add rsp, 8 | sub rsp, 8}; mov rdi, rsi; call callee; add rsp, 8; ret
      {Rule::kStackPointer, "raised before the call", kSystemV, "void(u64)", "", "4883ec104883c408",
       "4883ec08", "4889f7" + Call() + "4883c408c3", 4},
      // push rax; {push rax; pop r11 | mov r11, rax}; mov rdi, rsi; call callee; add rsp, 8; ret
      {Rule::kStackPointer, "a pop before the call", kSystemV, "void(u64)", "50", "50415b",
       "4989c3", "4889f7" + Call() + "4883c408c3", 2},
      // push rax; mov rdi, rsi; call callee; {sub rsp, 8; add rsp, 16 | add rsp, 8}; ret
      {Rule::kStackPointer, "lowered after the call", kSystemV, "void(u64)", "504889f7" + Call(),
       "4883ec084883c410", "4883c408", "c3", 16},
      // push rax; mov rdi, rsi; call callee; {push rax; pop rcx | mov rcx, rax}; pop rcx; ret
      {Rule::kStackPointer, "a push after the call", kSystemV, "void(u64)", "504889f7" + Call(),
       "5059", "4889c1", "59c3", 16},
      // push rax; mov rdi, rsi; call callee; {add rsp, 16 | add rsp, 8}; ret
      {Rule::kStackPointer, "raised above the return address", kSystemV, "void(u64)",
       "504889f7" + Call(), "4883c410", "4883c408", "c3", 16},
      // sub rsp, 24; mov rdi, rsi; call callee; {add rsp, 16 | add rsp, 24}; ret
      {Rule::kStackPointer, "not restored at the return", kSystemV, "void(u64)",
       "4883ec184889f7" + Call(), "4883c410", "4883c418", "c3", 23},
      // {sub rsp, 4088 | sub rsp, 4072}; mov rdi, rsi; call callee; add rsp, 4072; ret
      {Rule::kStackPointer, "a frame of 4088 bytes", kSystemV, "void(u64)", "", "4881ecf80f0000",
       "4881ece80f0000", "4889f7" + Call() + "4881c4e80f0000c3", 0},
      // {sub sp, sp, #4080; sub sp, sp, #16 | sub sp, sp, #4064; sub sp, sp, #16};
      // stp x29, x30, [sp]; mov x29, sp; mov x0, x1; ldr x16, callee; blr x16; ldp x29, x30, [sp];
      // add sp, sp, #4080; ret
      {Rule::kStackPointer, "a frame of 4096 bytes in two steps", kLinuxArm, "void(u64)", "",
       Words({0xD13FC3FF, 0xD10043FF}), Words({0xD13F83FF, 0xD10043FF}),
       Words({0xA9007BFD, 0x910003FD, 0xAA0103E0, 0x580000B0, 0xD63F0200, 0xA9407BFD, 0x913FC3FF,
              0xD65F03C0}),
       4},
      // sub rsp, 8; {sub rsp, 0x7fffffff | mov rax, rsi}; mov rdi, rsi; call callee; add rsp, 8;
      // ret
      {Rule::kStackPointer, "lowered so far that the sum overflows", kSystemV, "void(u64)",
       "4883ec08", "4881ecffffff7f", "4889f0", "4889f7" + Call() + "4883c408c3", 4},
      // {sub sp, sp, #24; sub sp, sp, #8 | sub sp, sp, #16; sub sp, sp, #16}; stp x29, x30, [sp];
      // mov x29, sp; mov x0, x1; ldr x16, callee; blr x16; ldp x29, x30, [sp]; add sp, sp, #32; ret
      {Rule::kStackPointer, "no multiple of 16, lowered", kLinuxArm, "void(u64)", "",
       Words({0xD10063FF, 0xD10023FF}), Words({0xD10043FF, 0xD10043FF}),
       Words({0xA9007BFD, 0x910003FD, 0xAA0103E0, 0x580000B0, 0xD63F0200, 0xA9407BFD, 0x910083FF,
              0xD65F03C0}),
       0},
      // sub sp, sp, #32; stp x29, x30, [sp]; mov x29, sp; mov x0, x1; ldr x16, callee; blr x16;
      // ldp x29, x30, [sp]; {add sp, sp, #24; add sp, sp, #8 | add sp, sp, #16; add sp, sp, #16};
      // ret
      {Rule::kStackPointer, "no multiple of 16, raised", kLinuxArm, "void(u64)",
       Words({0xD10083FF, 0xA9007BFD, 0x910003FD, 0xAA0103E0, 0x580000D0, 0xD63F0200, 0xA9407BFD}),
       Words({0x910063FF, 0x910023FF}), Words({0x910043FF, 0x910043FF}), Words({0xD65F03C0}), 28},
      // sub sp, sp, #32; stp x29, x30, [sp]; mov x29, sp; mov x0, x1; ldr x16, callee; blr x16;
      // ldp x29, x30, [sp]; {stp x29, x30, [sp, #16]! | add sp, sp, #16}; add sp, sp, #16; ret
      {Rule::kStackPointer, "a record stored, sp raised", kLinuxArm, "void(u64)",
       Words({0xD10083FF, 0xA9007BFD, 0x910003FD, 0xAA0103E0, 0x580000D0, 0xD63F0200, 0xA9407BFD}),
       Words({0xA9817BFD}), Words({0x910043FF}), Words({0x910043FF, 0xD65F03C0}), 28},
      // sub sp, sp, #32; stp x29, x30, [sp]; mov x29, sp; mov x0, x1; ldr x16, callee; blr x16;
      // ldp x29, x30, [sp]; {stp x29, x30, [sp, #0]! | stp x29, x30, [sp]}; add sp, sp, #32; ret
      {Rule::kStackPointer, "a record stored, sp not moved", kLinuxArm, "void(u64)",
       Words({0xD10083FF, 0xA9007BFD, 0x910003FD, 0xAA0103E0, 0x580000D0, 0xD63F0200, 0xA9407BFD}),
       Words({0xA9807BFD}), Words({0xA9007BFD}), Words({0x910083FF, 0xD65F03C0}), 28},
      // sub sp, sp, #32; stp x29, x30, [sp]; mov x29, sp; mov x0, x1; ldr x16, callee; blr x16;
      // ldp x29, x30, [sp]; {ldp x29, x30, [sp], #0 | ldp x29, x30, [sp]}; add sp, sp, #32; ret
      {Rule::kStackPointer, "a record loaded, sp not moved", kLinuxArm, "void(u64)",
       Words({0xD10083FF, 0xA9007BFD, 0x910003FD, 0xAA0103E0, 0x580000D0, 0xD63F0200, 0xA9407BFD}),
       Words({0xA8C07BFD}), Words({0xA9407BFD}), Words({0x910083FF, 0xD65F03C0}), 28},
      // sub sp, sp, #32; stp x29, x30, [sp]; mov x29, sp; mov x0, x1; ldr x16, callee; blr x16;
      // ldp x29, x30, [sp]; add sp, sp, #16; {ldp x29, x30, [sp], #-16; add sp, sp, #32 |
      // mov x9, x1; add sp, sp, #16}; ret
      {Rule::kStackPointer, "a record loaded, sp lowered", kLinuxArm, "void(u64)",
       Words({0xD10083FF, 0xA9007BFD, 0x910003FD, 0xAA0103E0, 0x580000F0, 0xD63F0200, 0xA9407BFD,
              0x910043FF}),
       Words({0xA8FF7BFD, 0x910083FF}), Words({0xAA0103E9, 0x910043FF}), Words({0xD65F03C0}), 32},
      // {sub rsp, 8; mov rdi, rsi; mov rsi, rdx; mov rdx, rcx; mov rcx, r8; mov r8, r9;
      // mov r9, [rsp+16]; mov rax, [rsp+24]; mov [rsp], rax; call callee; add rsp, 8; ret |
      // sub rsp, 24; mov rdi, rsi; mov rsi, rdx; mov rdx, rcx; mov rcx, r8; mov r8, r9;
      // mov r9, [rsp+32]; mov rax, [rsp+40]; mov [rsp], rax; mov rax, [rsp+48]; mov [rsp+8], rax;
      // call callee; add rsp, 24; ret}
      {Rule::kOutgoingArea, "8 bytes for two arguments", kSystemV,
       "void(u64,u64,u64,u64,u64,u64,u64,u64)", "",
       "4883ec084889f74889d64889ca4c89c14d89c84c8b4c2410488b44241848890424" + Call() + "4883c408c3",
       "4883ec184889f74889d64889ca4c89c14d89c84c8b4c2420488b44242848890424488b4424304889442408" +
           Call() + "4883c418c3",
       "", 43},
      // {sub rsp, 24; mov rcx, rdx; call callee; add rsp, 24; ret | sub rsp, 40; mov rcx, rdx;
      // call callee; add rsp, 40; ret}
      {Rule::kOutgoingArea, "24 bytes of shadow space", kWindows, "void(u64)", "",
       "4883ec184889d1" + Call() + "4883c418c3", "4883ec284889d1" + Call() + "4883c428c3", "", 17},

      // Pieces of the stack, and of values.

      // push rsi; {mov edi, [rsp+4] | mov edi, [rsp]}; call callee; pop rcx; ret
      {Rule::kWrongArgument, "the upper half of what was stored", kSystemV, "void(u32)", "56",
       "8b7c2404", "8b3c24", Call() + "59c3", 15, 0},
      // push rax; {mov [rsp], esi | mov [rsp], rsi}; mov rdi, [rsp]; call callee; pop rcx; ret
      {Rule::kWrongArgument, "stored in 4 bytes, loaded in 8", kSystemV, "void(u64)", "50",
       "893424", "48893424", "488b3c24" + Call() + "59c3", 18, 0},
      // push rsi; {mov [rsp+4], eax | mov rax, [rsp]}; mov rdi, [rsp]; call callee; pop rcx; ret
      {Rule::kWrongArgument, "its last bytes overwritten", kSystemV, "void(u64)", "56", "89442404",
       "488b0424", "488b3c24" + Call() + "59c3", 19, 0},
      // sub rsp, 24; mov [rsp], rsi; {mov [rsp+7], eax | mov [rsp+8], eax}; mov rdi, [rsp];
      // call callee; add rsp, 24; ret
      {Rule::kWrongArgument, "its last byte overwritten", kSystemV, "void(u64)", "4883ec1848893424",
       "89442407", "89442408", "488b3c24" + Call() + "4883c418c3", 26, 0},
      // sub rsp, 24; mov [rsp+4], rsi; {mov [rsp+1], eax | mov [rsp], eax}; mov rdi, [rsp+4];
      // call callee; add rsp, 24; ret
      {Rule::kWrongArgument, "its first byte overwritten", kSystemV, "void(u64)",
       "4883ec184889742404", "89442401", "890424", "488b7c2404" + Call() + "4883c418c3", 28, 0},
      // sub rsp, 8; {mov rax, [rsp] | mov [rsp], rsi}; mov rdi, [rsp]; call callee; add rsp, 8; ret
      {Rule::kWrongArgument, "never stored", kSystemV, "void(u64)", "4883ec08", "488b0424",
       "48893424", "488b3c24" + Call() + "4883c408c3", 22, 0},
      // push rsi; {mov [rsp+1], eax | mov rax, [rsp]}; mov rdi, [rsp]; call callee; pop rcx; ret
      {Rule::kWrongArgument, "its middle overwritten", kSystemV, "void(u64)", "56", "89442401",
       "488b0424", "488b3c24" + Call() + "59c3", 19, 0},
      // mov x0, x1; mov x1, x2; mov x2, x3; mov x3, x4; mov x4, x5; mov x5, x6; mov x6, x7;
      // ldr x7, [sp]; ldrb w17, [sp, #16]; strb w17, [sp, #1]; ldrb w16, [sp, #8]; {str w16, [sp] |
      // strb w16, [sp]}; ldr x16, callee; br x16
      {Rule::kWrongArgument, "4 bytes written over its neighbour's one", kApple,
       "void(u64,u64,u64,u64,u64,u64,u64,u64,u8,u8)",
       Words({0xAA0103E0, 0xAA0203E1, 0xAA0303E2, 0xAA0403E3, 0xAA0503E4, 0xAA0603E5, 0xAA0703E6,
              0xF94003E7, 0x394043F1, 0x390007F1, 0x394023F0}),
       Words({0xB90003F0}), Words({0x390003F0}), Words({0x58000050, 0xD61F0200}), 52, 9},
      // {movzx edi, si | movzx edi, sil}; jmp callee
      {Rule::kWrongArgument, "8 bits of which 16 were extended", kSystemV, "void(u8)", "", "0fb7fe",
       "400fb6fe", Jump(), 13, 0},
      // {movzx esi, sil | mov esi, esi}; movzx edi, si; jmp callee
      {Rule::kWrongArgument, "16 bits extended that were 8", kSystemV, "void(u16)", "", "400fb6f6",
       "89f6", "0fb7fe" + Jump(), 17, 0},
      // sub rsp, 8; {movss [rsp], xmm0; movss xmm0, [rsp] | movsd [rsp], xmm0; movsd xmm0, [rsp]};
      // xor edi, edi; call callee; add rsp, 8; ret
      {Rule::kWrongArgument, "a double cut to a float", kSystemV, "void(f64)", "4883ec08",
       "f30f110424f30f100424", "f20f110424f20f100424", "31ff" + Call() + "4883c408c3", 26, 0},
      // {mov w0, w1 | and w0, w1, #0xff}; ldr x16, callee; br x16
      {Rule::kWrongArgument, "not extended, in a register, where the stack is packed", kApple,
       "void(u8)", "", Words({0x2A0103E0}), Words({0x12001C20}), Words({0x58000050, 0xD61F0200}), 8,
       0},
      // {mov rax, [rdx+8] | mov rax, [rsi+8]}; mov rsi, [rdx+8]; mov rdi, rax; jmp callee
      {Rule::kWrongArgument, "another array's data", kSystemV, "void(buffer,buffer)", "",
       "488b4208", "488b4608", "488b72084889c7" + Jump(), 21, 0},
      // mov rdi, rsi; mov rax, callee; {movzx eax, ax | mov rax, rax}; jmp rax
      {Rule::kNotTheCallee, "2 bytes of its address", kSystemV, "void(u64)",
       "4889f7" + LoadCallee(), "0fb7c0", "4889c0", "ffe0", 16},
      // push rcx; mov rdi, rsi; mov rax, callee; {mov [rsp], rax; mov eax, [rsp] | mov [rsp], rax;
      // mov rax, [rsp]}; call rax; pop rcx; ret
      {Rule::kNotTheCallee, "its address by way of 4 bytes of the stack", kSystemV, "void(u64)",
       "514889f7" + LoadCallee(), "488904248b0424", "48890424488b0424", "ffd059c3", 21},
      // mov x0, x1; {.word 0x58000070 | .word 0x58000050}; br x16
      {Rule::kCalleeSlot, "the load goes beside it", kLinuxArm, "void(u64)", Words({0xAA0103E0}),
       Words({0x58000070}), Words({0x58000050}), Words({0xD61F0200}), 4},

      // What the call leaves.

      // sub rsp, 40; {mov [rsp+24], rbx; mov rcx, rdx; call callee; mov rbx, [rsp+24] |
      // mov [rsp+32], rbx; mov rcx, rdx; call callee; mov rbx, [rsp+32]}; add rsp, 40; ret
      {Rule::kSavedRegister, "rbx kept in shadow space", kWindows, "void(u64)", "4883ec28",
       "48895c24184889d1" + Call() + "488b5c2418", "48895c24204889d1" + Call() + "488b5c2420",
       "4883c428c3", 33},
      // push rax; mov r11, rbx; mov rdi, rsi; call callee; {mov rbx, r11 | mov r11, rbx}; pop rcx;
      // ret
      {Rule::kSavedRegister, "rbx kept in r11", kSystemV, "void(u64)", "504989db4889f7" + Call(),
       "4c89db", "4989db", "59c3", 23},
      // push rbx; movsd xmm12, [rsp]; mov rdi, rsi; call callee; {movsd [rsp], xmm12 |
      // movsd xmm12, [rsp]}; pop rbx; ret
      {Rule::kSavedRegister, "rbx kept in xmm12", kSystemV, "void(u64)",
       "53f2440f1024244889f7" + Call(), "f2440f112424", "f2440f102424", "5bc3", 29},
      // stp x29, x30, [sp, #-32]!; mov x29, sp; mov x9, x19; mov x0, x1; ldr x16, callee; blr x16;
      // {mov x19, x9 | mov x9, x19}; ldp x29, x30, [sp], #32; ret
      {Rule::kSavedRegister, "x19 kept in x9", kLinuxArm, "void(u64)",
       Words({0xA9BE7BFD, 0x910003FD, 0xAA1303E9, 0xAA0103E0, 0x580000B0, 0xD63F0200}),
       Words({0xAA0903F3}), Words({0xAA1303E9}), Words({0xA8C27BFD, 0xD65F03C0}), 32},
      // {mov x30, x1 | mov x9, x1}; mov x0, x1; ldr x16, callee; br x16
      {Rule::kSavedRegister, "x30 before a jump", kLinuxArm, "void(u64)", "", Words({0xAA0103FE}),
       Words({0xAA0103E9}), Words({0xAA0103E0, 0x58000050, 0xD61F0200}), 12},
      // push rbx; {mov r11, [rsi+8]; xor edi, edi; call callee; mov [r11], rax | mov rbx, [rsi+8];
      // xor edi, edi; call callee; mov [rbx], rax}; pop rbx; ret
      {Rule::kWrite, "the out array's data kept in r11", kSystemV, "u64()", "53",
       "4c8b5e0831ff" + Call() + "498903", "488b5e0831ff" + Call() + "488903", "5bc3", 19},
      // push rax; xor edi, edi; call callee; {mov [rsp], rax; movsd xmm0, [rsp] |
      // movsd [rsp], xmm0; movsd xmm0, [rsp]}; pop rcx; ret
      {Rule::kWrongResult, "the integer one for a float", kSystemV, "f64()", "5031ff" + Call(),
       "48890424f20f100424", "f20f110424f20f100424", "59c3", 25},
      // push rax; xor edi, edi; call callee; {movss [rsp], xmm0; mov eax, [rsp] | mov [rsp], eax;
      // mov eax, [rsp]}; pop rcx; ret
      {Rule::kWrongResult, "the float one for an integer", kSystemV, "u32()", "5031ff" + Call(),
       "f30f1104248b0424", "8904248b0424", "59c3", 24},
      // push rax; xor edi, edi; call callee; {movss [rsp], xmm0; movss xmm0, [rsp] |
      // movsd [rsp], xmm0; movsd xmm0, [rsp]}; pop rcx; ret
      {Rule::kWrongResult, "a double cut to a float", kSystemV, "f64()", "5031ff" + Call(),
       "f30f110424f30f100424", "f20f110424f20f100424", "59c3", 26},
      // push rax; xor edi, edi; call callee; {mov eax, ecx | mov eax, eax}; pop rcx; ret
      {Rule::kWrongResult, "another bool", kSystemV, "bool()", "5031ff" + Call(), "89c8", "89c0",
       "59c3", 18},
      // {mov rax, rdi | xor edi, edi}; jmp callee
      {Rule::kReceiver, "before a jump that leaves a bool as it is", kSystemV, "bool()", "",
       "4889f8", "31ff", Jump(), 13},
      // {mov rax, rcx | xor ecx, ecx}; movaps xmm0, xmm1; jmp callee
      {Rule::kReceiver, "left in rcx", kWindows, "void(f64)", "", "4889c8", "31c9",
       "0f28c1" + Jump(), 16},
      // push rax; xor edi, edi; call callee; {pop rax | pop rcx}; ret
      {Rule::kWrongResult, "overwritten", kSystemV, "u32()", "5031ff" + Call(), "58", "59", "c3",
       16},
      // push rax; xor edi, edi; call callee; {movzx eax, al | movsx eax, al}; pop rcx; ret
      {Rule::kWrongResult, "extended by the wrong sign", kSystemV, "i8()", "5031ff" + Call(),
       "0fb6c0", "0fbec0", "59c3", 19},
      // stp x29, x30, [sp, #-32]!; mov x29, sp; mov x0, xzr; ldr x16, callee; blr x16; {mov w0, w0
      // | mov x0, x0}; ldp x29, x30, [sp], #32; ret
      {Rule::kWrongResult, "32 bits of one of 8 that the callee extended", kApple, "i8()",
       Words({0xA9BE7BFD, 0x910003FD, 0xAA1F03E0, 0x580000B0, 0xD63F0200}), Words({0x2A0003E0}),
       Words({0xAA0003E0}), Words({0xA8C27BFD, 0xD65F03C0}), 28},

      // The frame record.

      // stp x29, x30, [sp, #-32]!; {add x29, sp, #32 | mov x29, sp}; mov x0, x1; ldr x16, callee;
      // blr x16; ldp x29, x30, [sp], #32; ret
      {Rule::kFrameRecord, "above the frame", kLinuxArm, "void(u64)", Words({0xA9BE7BFD}),
       Words({0x910083FD}), Words({0x910003FD}),
       Words({0xAA0103E0, 0x58000090, 0xD63F0200, 0xA8C27BFD, 0xD65F03C0}), 16},
      // stp x29, x30, [sp, #-32]!; {add x29, sp, #24 | mov x29, sp}; mov x0, x1; ldr x16, callee;
      // blr x16; ldp x29, x30, [sp], #32; ret
      {Rule::kFrameRecord, "half above it", kLinuxArm, "void(u64)", Words({0xA9BE7BFD}),
       Words({0x910063FD}), Words({0x910003FD}),
       Words({0xAA0103E0, 0x58000090, 0xD63F0200, 0xA8C27BFD, 0xD65F03C0}), 16},
      // stp x29, x30, [sp, #-32]!; {add x29, sp, #4080 | mov x29, sp}; mov x0, x1; ldr x16, callee;
      // blr x16; ldp x29, x30, [sp], #32; ret
      {Rule::kFrameRecord, "far above it", kLinuxArm, "void(u64)", Words({0xA9BE7BFD}),
       Words({0x913FC3FD}), Words({0x910003FD}),
       Words({0xAA0103E0, 0x58000090, 0xD63F0200, 0xA8C27BFD, 0xD65F03C0}), 16},
      // stp x29, x30, [sp, #-32]!; {add x29, sp, #16 | mov x29, sp}; mov x0, x1; ldr x16, callee;
      // blr x16; ldp x29, x30, [sp], #32; ret
      {Rule::kFrameRecord, "where none is", kLinuxArm, "void(u64)", Words({0xA9BE7BFD}),
       Words({0x910043FD}), Words({0x910003FD}),
       Words({0xAA0103E0, 0x58000090, 0xD63F0200, 0xA8C27BFD, 0xD65F03C0}), 16},
      // stp x29, x30, [sp, #-32]!; {mov x29, sp; mov w29, w29 | mov x29, sp}; mov x0, x1;
      // ldr x16, callee; blr x16; ldp x29, x30, [sp], #32; ret
      {Rule::kFrameRecord, "half of its address", kLinuxArm, "void(u64)", Words({0xA9BE7BFD}),
       Words({0x910003FD, 0x2A1D03FD}), Words({0x910003FD}),
       Words({0xAA0103E0, 0x58000090, 0xD63F0200, 0xA8C27BFD, 0xD65F03C0}), 20},
      // stp x29, x30, [sp, #-32]!; {mov x29, sp; and w29, w29, #0xffff | mov x29, sp}; mov x0, x1;
      // ldr x16, callee; blr x16; ldp x29, x30, [sp], #32; ret
      {Rule::kFrameRecord, "2 bytes of its address", kLinuxArm, "void(u64)", Words({0xA9BE7BFD}),
       Words({0x910003FD, 0x12003FBD}), Words({0x910003FD}),
       Words({0xAA0103E0, 0x58000090, 0xD63F0200, 0xA8C27BFD, 0xD65F03C0}), 20},
      // sub sp, sp, #32; str x30, [sp, #24]; str x29, [sp]; {str x29, [sp, #8] |
      // str x30, [sp, #8]}; mov x29, sp; mov x0, x1; ldr x16, callee; blr x16; ldr x29, [sp];
      // ldr x30, [sp, #24]; add sp, sp, #32; ret
      {Rule::kFrameRecord, "without the return address", kLinuxArm, "void(u64)",
       Words({0xD10083FF, 0xF9000FFE, 0xF90003FD}), Words({0xF90007FD}), Words({0xF90007FE}),
       Words({0x910003FD, 0xAA0103E0, 0x580000D0, 0xD63F0200, 0xF94003FD, 0xF9400FFE, 0x910083FF,
              0xD65F03C0}),
       28},
      // sub sp, sp, #32; str x29, [sp, #24]; str x30, [sp, #8]; {str x30, [sp] | str x29, [sp]};
      // mov x29, sp; mov x0, x1; ldr x16, callee; blr x16; ldr x29, [sp, #24]; ldr x30, [sp, #8];
      // add sp, sp, #32; ret
      {Rule::kFrameRecord, "without the caller's x29", kLinuxArm, "void(u64)",
       Words({0xD10083FF, 0xF9000FFD, 0xF90007FE}), Words({0xF90003FE}), Words({0xF90003FD}),
       Words({0x910003FD, 0xAA0103E0, 0x580000D0, 0xD63F0200, 0xF9400FFD, 0xF94007FE, 0x910083FF,
              0xD65F03C0}),
       28},
  };
  return guards;
}

TEST(GuardsTest, EachTellsWrongCodeFromRight) {
  for (const Guard& guard : Guards()) ExpectGuarded(guard);
}

std::string Hex(uint32_t byte) { return absl::StrCat(absl::Hex(byte, absl::kZeroPad2)); }

// Of instructions of two registers, with a REX prefix in any case.
std::string X64(uint32_t rex, const char* opcode, uint32_t reg, uint32_t rm) {
  return absl::StrCat(Hex(0x40 | rex | (reg >> 3) << 2 | rm >> 3), opcode,
                      Hex(0xC0 | (reg & 7) << 3 | (rm & 7)));
}

constexpr uint32_t kRegisterRsp = 4;

struct Registers {
  Target target;
  std::set<uint32_t> saved;       // General, which a function keeps.
  std::set<uint32_t> systems;     // General, never written.
  std::set<uint32_t> vectors;     // Never written by a trampoline.
  std::vector<uint32_t> integer;  // Of the integer arguments; the first has the receiver.
};

std::set<uint32_t> From(uint32_t first, uint32_t last) {
  std::set<uint32_t> numbers;
  for (uint32_t number = first; number <= last; ++number) numbers.insert(number);
  return numbers;
}

std::vector<Registers> AllRegisters() {
  const std::vector<uint32_t> arm = {0, 1, 2, 3, 4, 5, 6, 7};
  return {
      {kSystemV, {3, 5, 12, 13, 14, 15}, {}, {}, {7, 6, 2, 1, 8, 9}},
      {kWindows, {3, 5, 6, 7, 12, 13, 14, 15}, {}, From(6, 15), {1, 2, 8, 9}},
      {kLinuxArm, From(19, 30), {}, From(8, 15), arm},
      {kWindowsArm, From(19, 30), {18}, From(8, 15), arm},
      {kApple, From(19, 30), {18}, From(8, 15), arm},
  };
}

bool IsX64(Target target) { return Info(target).isa == Isa::kX64; }

// `instruction`, of 3 bytes on x64, and a jump of a void() that hides the receiver.
std::optional<Rejection> VerifyBeforeJump(const Registers& row, const std::string& instruction) {
  const uint32_t receiver = row.integer.front();
  const std::string jump = IsX64(row.target) ? X64(0, "31", receiver, receiver) + Jump()
                                             : Words({0xAA1F03E0, 0x58000050, 0xD61F0200});
  return VerifyWith({VerifierRule::kWrite, "", row.target, "void()", "", "", "", jump, 0},
                    instruction);
}

std::optional<Rejection> AtTheJump(const Registers& row, VerifierRule rule) {
  return Rejection{rule, IsX64(row.target) ? 16u : 12u};
}

TEST(GuardsTest, EachGeneralRegister) {
  for (const Registers& row : AllRegisters()) {
    for (uint32_t number = 0; number < (IsX64(row.target) ? 16 : 31); ++number) {
      if (IsX64(row.target) && number == kRegisterRsp) continue;
      SCOPED_TRACE(testing::Message() << row.target << ", register " << number);
      // xor r, r; mov x, xzr
      std::optional<Rejection> rejection = VerifyBeforeJump(
          row, IsX64(row.target) ? X64(0, "31", number, number) : Words({0xAA1F03E0 | number}));
      std::optional<Rejection> expected;
      if (row.saved.count(number) != 0) expected = AtTheJump(row, VerifierRule::kSavedRegister);
      if (row.systems.count(number) != 0) expected = Rejection{VerifierRule::kSavedRegister, 0};
      EXPECT_EQ(rejection, expected) << "cleared";

      // mov r, receiver
      const uint32_t receiver = row.integer.front();
      if (number == receiver) continue;
      rejection =
          VerifyBeforeJump(row, IsX64(row.target) ? X64(8, "89", receiver, number)
                                                  : Words({0xAA0003E0 | receiver << 16 | number}));
      if (std::set<uint32_t>(row.integer.begin(), row.integer.end()).count(number) != 0) {
        expected = AtTheJump(row, VerifierRule::kReceiver);
      }
      EXPECT_EQ(rejection, expected) << "takes the receiver";
    }
  }
}

TEST(GuardsTest, EachVectorRegister) {
  for (const Registers& row : AllRegisters()) {
    for (uint32_t number = 0; number < (IsX64(row.target) ? 16 : 32); ++number) {
      SCOPED_TRACE(testing::Message() << row.target << ", register " << number);
      // movaps xmm, xmm0; fmov d, d0
      std::optional<Rejection> expected;
      if (row.vectors.count(number) != 0) expected = Rejection{VerifierRule::kSavedRegister, 0};
      EXPECT_EQ(VerifyBeforeJump(row, IsX64(row.target) ? X64(0, "0f28", number, 0)
                                                        : Words({0x1E604000 | number})),
                expected);
    }
  }
}

// A landing pad admits x16 and x17 alone.
TEST(GuardsTest, EachRegisterOfATransfer) {
  for (uint32_t number = 0; number < 32; ++number) {
    SCOPED_TRACE(number);
    const uint32_t into = number == 31 ? 16 : number;
    const bool is_right = number == 16 || number == 17;
    // mov x0, xzr; ldr x, callee; br x
    EXPECT_EQ(
        VerifyWith({VerifierRule::kNotTheCallee, "", kLinuxArm, "void()", "", "", "", "", 0},
                   Words({0xAA1F03E0, 0x58000040 | into, 0xD61F0000 | number << 5})),
        is_right ? std::nullopt : std::make_optional(Rejection{VerifierRule::kNotTheCallee, 8}));
    // stp x29, x30, [sp, #-16]!; mov x29, sp; mov x0, xzr; ldr x, callee; blr x;
    // ldp x29, x30, [sp], #16; ret
    EXPECT_EQ(
        VerifyWith({VerifierRule::kNotTheCallee, "", kLinuxArm, "void()", "", "", "", "", 0},
                   Words({0xA9BF7BFD, 0x910003FD, 0xAA1F03E0, 0x58000080 | into,
                          0xD63F0000 | number << 5, 0xA8C17BFD, 0xD65F03C0})),
        is_right ? std::nullopt : std::make_optional(Rejection{VerifierRule::kNotTheCallee, 16}));
  }
}

// The verifier's own memory has room for 532.
TEST(GuardsTest, AsManyStoresAsAnyTrampolineNeeds) {
  constexpr int kMaxStores = 532;
  // push rcx, which is one; mov [rsp], rsi; ...; mov rdi, rsi; call callee; pop rcx; ret
  const auto verify = [](int stores) {
    return VerifyWith({VerifierRule::kWrite, "", kSystemV, "void(u64)", "51", "", "",
                       "4889f7" + Call() + "59c3", 0},
                      Repeated("48893424", stores - 1));
  };
  EXPECT_EQ(verify(kMaxStores), std::nullopt);
  const uint32_t last_bytes = 1 + 4 * (kMaxStores - 1);
  EXPECT_EQ(verify(kMaxStores + 1),
            std::make_optional(Rejection{VerifierRule::kWrite, last_bytes}));
  EXPECT_EQ(verify(8000), std::make_optional(Rejection{VerifierRule::kWrite, last_bytes}));
  // The same of V8's stacked arguments, of which there are some: they are stores too.
  const std::optional<Rejection> rejection = VerifyWith(
      {VerifierRule::kWrite, "", kSystemV, "void(u64,u64,u64,u64,u64,u64,u64)", "", "", "", "", 0},
      Repeated("4889742408", kMaxStores) + LoadCallee());
  EXPECT_EQ(rejection, std::make_optional(Rejection{VerifierRule::kWrite, 5 * (kMaxStores - 2)}));
}

TEST(GuardsTest, CodeThatIsShorterThanASlot) {
  for (const Target target : {kSystemV, kLinuxArm}) {
    for (const size_t size : {0, 1, 4, 7}) {
      for (const uint32_t offset : {0u, 1u, 8u}) {
        const std::vector<uint8_t> code(size, 0);
        EXPECT_EQ(
            Verify(*Signature::Parse("void()"), target, CallerProfile::kV8_10, {code, offset, 16}),
            std::make_optional(Rejection{VerifierRule::kCalleeSlot,
                                         std::min(offset, static_cast<uint32_t>(size))}));
      }
    }
  }
}

TEST(GuardsTest, AnotherProfile) {
  const std::vector<uint8_t> code = Bytes("4889f7" + Jump());  // mov rdi, rsi; jmp callee
  const Signature signature = *Signature::Parse("void(u64)");
  EXPECT_EQ(Verify(signature, kSystemV, CallerProfile::kV8_10, {code, 5, 16}), std::nullopt);
  EXPECT_EQ(Verify(signature, kSystemV, static_cast<CallerProfile>(9), {code, 5, 16}),
            std::make_optional(Rejection{VerifierRule::kUnknownTarget, 0}));
}

// mov x0, x1; ldr x16, callee; br x16; the slot; nop
TEST(GuardsTest, CodeBehindTheSlot) {
  const std::string code = Words({0xAA0103E0, 0x58000050, 0xD61F0200}) + kZeros;
  HexCase one = {VerifierRule::kUnaccountedBytes, "", kLinuxArm, "void(u64)", code, 12, 20};
  EXPECT_EQ(VerifyHex(one), std::nullopt);
  one.hex += Words({0xD503201F});
  EXPECT_EQ(VerifyHex(one), std::make_optional(Rejection{one.rule, one.offset_bytes}));
}

}  // namespace
}  // namespace springboard::verifier_test
