// Encodings that no decoder may take for an instruction, or only for another one, each in the place
// of one that is right there.

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "client/verifier/verifier.h"
#include "compiler/signature.h"
#include "compiler/target.h"
#include "tests/client/verifier/guard.h"
#include "tests/client/verifier/hex_case.h"

namespace springboard::verifier_test {
namespace {

// Where an instruction is in code that is right with it.
struct Surroundings {
  std::string before;
  std::string after;
};

// The arguments moved, with a stacked one loaded: the callee is void(u64,buffer,u64,u64,u64,u64) on
// x64, and takes two u64 more on AArch64. `load` has the frame in its displacement.
std::string MovesX64(const std::string& load) {
  // mov rdi, rsi; mov rsi, [rdx + 8]; mov rdx, rcx; mov rcx, r8; mov r8, r9; mov r9, [rsp + n]
  return "4889f7488b72084889ca4c89c14d89c8" + load;
}
const char kLoad8[] = "4c8b4c2408";
const char kLoad16[] = "4c8b4c2410";

Surroundings X64Start() { return {"", MovesX64(kLoad8) + Jump()}; }
Surroundings X64Load() { return {MovesX64(kLoad8), "ffe0"}; }
Surroundings X64Jump() { return {MovesX64(kLoad8) + LoadCallee(), ""}; }
// Of a frame of 8 bytes, by push and pop or otherwise.
Surroundings X64Push() { return {"", MovesX64(kLoad16) + Call() + "59c3"}; }
Surroundings X64Frame() { return {"50", MovesX64(kLoad16) + Call() + "59c3"}; }
Surroundings X64Call() { return {"50" + MovesX64(kLoad16) + LoadCallee(), "59c3"}; }
Surroundings X64Pop() { return {"50" + MovesX64(kLoad16) + Call(), "c3"}; }
Surroundings X64Return() { return {"50" + MovesX64(kLoad16) + Call() + "59", ""}; }

std::string MovesA64(uint32_t load) {
  // mov x0, x1; ldr x1, [x2, #8]; mov x2, x3; ... mov x6, x7; ldr x7, [sp, n]
  return Words(
      {0xAA0103E0, 0xF9400441, 0xAA0303E2, 0xAA0403E3, 0xAA0503E4, 0xAA0603E5, 0xAA0703E6, load});
}
constexpr uint32_t kLoadX7 = 0xF94003E7;        // ldr x7, [sp]
constexpr uint32_t kLoadX7Framed = 0xF94013E7;  // ldr x7, [sp, #32]

// mov x0, x1; ...; ldr x16, callee; br x16
Surroundings A64Start() { return {"", MovesA64(kLoadX7) + Words({0x58000050, 0xD61F0200})}; }
Surroundings A64Literal() { return {MovesA64(kLoadX7), Words({0xD61F0200})}; }
Surroundings A64Jump() { return {MovesA64(kLoadX7) + Words({0x58000050}), ""}; }

// sub sp, sp, #32; stp x29, x30, [sp]; mov x29, sp; ...; ldr x16, callee; blr x16;
// ldp x29, x30, [sp]; add sp, sp, #32; ret
Surroundings InFrame(size_t index, bool instead) {
  const std::vector<std::string> code = {
      Words({0xD10083FF}), Words({0xA9007BFD}),
      Words({0x910003FD}), MovesA64(kLoadX7Framed) + Words({0x580000B0}),
      Words({0xD63F0200}), Words({0xA9407BFD}),
      Words({0x910083FF}), Words({0xD65F03C0})};
  Surroundings where;
  for (size_t i = 0; i < code.size(); ++i) {
    if (i < index) where.before += code[i];
    if (i > index || (i == index && !instead)) where.after += code[i];
  }
  return where;
}
Surroundings A64Lower() { return InFrame(0, /*instead=*/true); }
Surroundings A64Record() { return InFrame(1, /*instead=*/true); }
Surroundings A64Pointer() { return InFrame(2, /*instead=*/true); }
Surroundings A64Frame() { return InFrame(3, /*instead=*/false); }
Surroundings A64Call() { return InFrame(4, /*instead=*/true); }
Surroundings A64Load() { return InFrame(5, /*instead=*/true); }
Surroundings A64Raise() { return InFrame(6, /*instead=*/true); }
Surroundings A64Return() { return InFrame(7, /*instead=*/true); }

// Wrong encodings, each beside a right one.
template <typename Encoding>
struct Group {
  std::string what;
  Surroundings where;
  std::vector<std::pair<Encoding, Encoding>> wrong_and_right;
};

const std::vector<Group<std::string>>& X64Groups() {
  static const std::vector<Group<std::string>> groups = {
      {"rsp in mov, as either operand of either form",
       X64Start(),
       {
           {"4889e0", "4889f0"},  // mov rax, rsp
           {"4889f4", "4889f0"},  // mov rsp, rsi
           {"488be6", "488bc6"},  // mov rsp, rsi
           {"488bc4", "488bc6"},  // mov rax, rsp
           {"89f4", "89f0"},      // mov esp, esi
           {"4189e2", "4189f2"},  // mov r10d, esp
           {"4c89d4", "4c89d0"},  // mov rsp, r10
       }},
      {"rsp in mov with memory",
       X64Frame(),
       {
           {"48892424", "48893424"},  // mov [rsp], rsp
           {"488b2424", "488b0424"},  // mov rsp, [rsp]
           {"8b2424", "8b0424"},      // mov esp, dword ptr [rsp]
           {"892424", "893424"},      // mov dword ptr [rsp], esp
       }},
      {"rsp in movzx and movsx",
       X64Start(),
       {
           {"0fb7c4", "0fb7c6"},          // movzx eax, sp
           {"400fb6c4", "400fb6c6"},      // movzx eax, spl
           {"400fbec4", "400fbec6"},      // movsx eax, spl
           {"0fbfc4", "0fbfc6"},          // movsx eax, sp
           {"0fb7e6", "0fb7c6"},          // movzx esp, si
           {"400fb6e6", "400fb6c6"},      // movzx esp, sil
           {"0fb7642408", "0fb7442408"},  // movzx esp, word ptr [rsp + 8]
           {"0fbe642408", "0fbe442408"},  // movsx esp, byte ptr [rsp + 8]
       }},
      {"ah, ch, dh and bh",
       X64Start(),
       {
           {"0fb6c4", "0fb6c0"},    // movzx eax, ah
           {"0fb6c5", "400fb6c5"},  // movzx eax, ch
           {"0fb6c6", "400fb6c6"},  // movzx eax, dh
           {"0fb6c7", "400fb6c7"},  // movzx eax, bh
           {"0fbec4", "0fbec0"},    // movsx eax, ah
           {"0fbec7", "400fbec7"},  // movsx eax, bh
       }},
      {"xor of rsp, of two registers, of memory, of 64 bits, with the operands the other way",
       X64Start(),
       {
           {"31e4", "31c0"},      // xor esp, esp
           {"31f0", "31c0"},      // xor eax, esi
           {"3106", "31c0"},      // xor dword ptr [rsi], eax
           {"3100", "31c0"},      // xor dword ptr [rax], eax
           {"4831c0", "31c0"},    // xor rax, rax
           {"33c0", "31c0"},      // xor eax, eax
           {"4431d0", "4531d2"},  // xor eax, r10d
       }},
      {"push and its like",
       X64Push(),
       {
           {"54", "50"},        // push rsp
           {"fff4", "50"},      // push rsp
           {"4850", "50"},      // push rax
           {"4450", "50"},      // push rax
           {"4250", "50"},      // push rax
           {"6a00", "50"},      // push 0
           {"9c", "50"},        // pushfq
           {"c8080000", "50"},  // enter 8, 0
       }},
      {"push from memory, and what is encoded alike",
       X64Push(),
       {
           {"48ff742408", "ff742408"},      // push [rsp + 8]
           {"44ff742408", "ff742408"},      // push [rsp + 8]
           {"42ff742408", "ff742408"},      // push [rsp + r12*1 + 8]
           {"41ff742408", "ff742408"},      // push [r12 + 8]
           {"66ff742408", "ff742408"},      // push word ptr [rsp + 8]
           {"f3ff742408", "ff742408"},      // rep push [rsp + 8]
           {"64ff742408", "ff742408"},      // push fs:[rsp + 8]
           {"ff740408", "ff742408"},        // push [rsp + rax*1 + 8]
           {"ff3500000000", "ff742408"},    // push [rip]
           {"ff342508000000", "ff742408"},  // push [8]
           {"ff6c2408", "ff742408"},        // jmp far [rsp + 8]
           {"ff7c2408", "ff742408"},        // no instruction
           {"8f442408", "ff742408"},        // pop [rsp + 8]
           {"fff0", "50"},                  // push rax
       }},
      {"pop and its like",
       X64Pop(),
       {
           {"5c", "59"},          // pop rsp
           {"4859", "59"},        // pop rcx
           {"4459", "59"},        // pop rcx
           {"4259", "59"},        // pop rcx
           {"8fc1", "59"},        // pop rcx
           {"8f0424", "59"},      // pop [rsp]
           {"9d", "59"},          // popfq
           {"c9", "59"},          // leave
           {"488d642408", "59"},  // lea rsp, [rsp + 8]
       }},
      {"sub of other than a number from rsp",
       X64Push(),
       {
           {"4883ecf8", "4883ec08"},              // sub rsp, -8
           {"4881ecf8ffffff", "4881ec08000000"},  // sub rsp, -8
           {"4883c4f8", "4883ec08"},              // add rsp, -8
           {"4881c4f8ffffff", "4883ec08"},        // add rsp, -8
           {"83ec08", "4883ec08"},                // sub esp, 8
           {"4983ec08", "4883ec08"},              // sub r12, 8
           {"4c83ec08", "4883ec08"},              // sub rsp, 8
           {"4883e808", "4883ec08"},              // sub rax, 8
           {"4883e4f0", "4883ec08"},              // and rsp, -16
           {"4829c4", "4883ec08"},                // sub rsp, rax
           {"488d6424f8", "4883ec08"},            // lea rsp, [rsp - 8]
           {"82ec08", "4883ec08"},                // no instruction
       }},
      {"add of other than a number to rsp",
       X64Pop(),
       {
           {"4883ecf8", "4883c408"},              // sub rsp, -8
           {"4883c4f8", "4883c408"},              // add rsp, -8
           {"83c408", "4883c408"},                // add esp, 8
           {"4983c408", "4883c408"},              // add r12, 8
           {"4c83c408", "4883c408"},              // add rsp, 8
           {"4881ecf8ffffff", "4881c408000000"},  // sub rsp, -8
           {"4883c008", "4883c408"},              // add rax, 8
           {"4883d408", "4883c408"},              // adc rsp, 8
       }},
      {"a transfer other than to a register",
       X64Jump(),
       {
           {"ff20", "ffe0"},          // jmp [rax]
           {"ff6008", "ffe0"},        // jmp [rax + 8]
           {"ff2424", "ffe0"},        // jmp [rsp]
           {"ff642408", "ffe0"},      // jmp [rsp + 8]
           {"ff2500000000", "ffe0"},  // jmp [rip]
           {"48ffe0", "ffe0"},        // jmp rax
           {"ff28", "ffe0"},          // jmp [rax]
           {"fff0", "ffe0"},          // push rax
           {"ffc0", "ffe0"},          // inc eax
           {"eb00", "ffe0"},          // jmp 0
           {"7400", "ffe0"},          // je 0
           {"3effe0", "ffe0"},        // jmp rax
           {"f2ffe0", "ffe0"},        // repne jmp rax
           {"f3ffe0", "ffe0"},        // rep jmp rax
           {"66ffe0", "ffe0"},        // jmp rax
           {"42ffe0", "ffe0"},        // jmp rax
       }},
      {"a call other than of a register",
       X64Call(),
       {
           {"ff10", "ffd0"},          // call [rax]
           {"ff5008", "ffd0"},        // call [rax + 8]
           {"ff1424", "ffd0"},        // call [rsp]
           {"ff1500000000", "ffd0"},  // call [rip]
           {"48ffd0", "ffd0"},        // call rax
           {"ff18", "ffd0"},          // call [rax]
           {"3effd0", "ffd0"},        // call rax
           {"f2ffd0", "ffd0"},        // repne call rax
           {"66ffd0", "ffd0"},        // call rax
       }},
      {"a return with a prefix, with a number, to another segment",
       X64Return(),
       {
           {"40c3", "c3"},    // ret
           {"48c3", "c3"},    // ret
           {"f3c3", "c3"},    // rep ret
           {"f2c3", "c3"},    // repne ret
           {"66c3", "c3"},    // ret
           {"c20000", "c3"},  // ret 0
           {"cb", "c3"},      // retf
           {"cf", "c3"},      // iretd
       }},
      {"the callee's address into rsp, of 4 bytes, with a prefix",
       X64Load(),
       {
           {"48bc0000000000000000", "48b80000000000000000"},    // movabs rsp, 0
           {"b80000000000000000", "48b80000000000000000"},      // mov eax, 0
           {"4cb80000000000000000", "48b80000000000000000"},    // movabs rax, 0
           {"4ab80000000000000000", "48b80000000000000000"},    // movabs rax, 0
           {"f348b80000000000000000", "48b80000000000000000"},  // rep movabs rax, 0
           {"6648b80000000000000000", "48b80000000000000000"},  // movabs rax, 0
           {"48a10000000000000000", "48b80000000000000000"},    // movabs rax, [0]
       }},
      {"an address relative to rip, or without a base",
       X64Start(),
       {
           {"488b0500000000", "488b4208"},    // mov rax, [rip]
           {"498b0500000000", "488b4208"},    // mov rax, [rip]
           {"488b042500000000", "488b4208"},  // mov rax, [0]
           {"0fb60500000000", "0fb7442408"},  // movzx eax, byte ptr [rip]
           {"48890500000000", "488b442408"},  // mov [rip], rax
       }},
      {"a SIB byte with an index, or with another base than rsp",
       X64Start(),
       {
           {"488b441408", "488b442408"},  // mov rax, [rsp + rdx + 8]
           {"488b440208", "488b4208"},    // mov rax, [rdx + rax + 8]
           {"488b442208", "488b4208"},    // mov rax, [rdx + riz + 8]
           {"488b446408", "488b442408"},  // mov rax, [rsp + 2*riz + 8]
           {"498b442408", "488b442408"},  // mov rax, [r12 + 8]
           {"4a8b442408", "488b442408"},  // mov rax, [rsp + r12 + 8]
           {"488b0420", "488b442408"},    // mov rax, [rax + riz]
       }},
      {"REX.X",
       X64Start(),
       {
           {"4a89f0", "4889f0"},      // mov rax, rsi
           {"4289f0", "4089f0"},      // mov eax, esi
           {"420fb6c6", "400fb6c6"},  // movzx eax, sil
           {"4231c0", "31c0"},        // xor eax, eax
           {"4a8b4208", "488b4208"},  // mov rax, [rdx + 8]
           {"420f28c1", "400f28c1"},  // movaps xmm0, xmm1
       }},
      {"prefixes of a load",
       X64Start(),
       {
           {"66488b4208", "488b4208"},  // mov rax, [rdx + 8]
           {"67488b4208", "488b4208"},  // mov rax, [edx + 8]
           {"f0488b4208", "488b4208"},  // lock; mov rax, [rdx + 8]
           {"f2488b4208", "488b4208"},  // repne mov rax, [rdx + 8]
           {"f3488b4208", "488b4208"},  // rep mov rax, [rdx + 8]
           {"64488b4208", "488b4208"},  // mov rax, fs:[rdx + 8]
           {"65488b4208", "488b4208"},  // mov rax, gs:[rdx + 8]
           {"2e488b4208", "488b4208"},  // mov rax, cs:[rdx + 8]
           {"3e488b4208", "488b4208"},  // mov rax, ds:[rdx + 8]
           {"26488b4208", "488b4208"},  // mov rax, es:[rdx + 8]
           {"36488b4208", "488b4208"},  // mov rax, ss:[rdx + 8]
           {"40488b4208", "488b4208"},  // rex64; mov eax, dword ptr [rdx + 8]
           {"48488b4208", "488b4208"},  // rex64; mov eax, dword ptr [rdx + 8]
       }},
      {"prefixes of others",
       X64Start(),
       {
           {"6689f0", "89f0"},      // mov ax, si
           {"f389f0", "89f0"},      // xrelease; mov eax, esi
           {"f289f0", "89f0"},      // repne mov eax, esi
           {"f331c0", "31c0"},      // rep xor eax, eax
           {"660fb6c0", "0fb6c0"},  // movzx ax, al
           {"f30fb6c0", "0fb6c0"},  // movzx eax, al
           {"f20fb7c0", "0fb7c0"},  // movzx eax, ax
           {"f30fbec0", "0fbec0"},  // movsx eax, al
           {"2e0f28c1", "0f28c1"},  // movaps xmm0, xmm1
       }},
      {"cwde with a prefix, and its like",
       X64Start(),
       {
           {"4898", "98"},  // cdqe
           {"6698", "98"},  // cbw
           {"4098", "98"},  // cwde
           {"f398", "98"},  // rep cwde
           {"99", "98"},    // cdq
       }},
      {"prefixes of a push",
       X64Push(),
       {
           {"f350", "50"},              // rep push rax
           {"f250", "50"},              // repne push rax
           {"6650", "50"},              // push ax
           {"f34883ec08", "4883ec08"},  // rep sub rsp, 8
           {"664883ec08", "4883ec08"},  // sub rsp, 8
           {"f24883ec08", "4883ec08"},  // repne sub rsp, 8
       }},
      {"prefixes of a pop",
       X64Pop(),
       {
           {"f359", "59"},              // rep pop rcx
           {"f259", "59"},              // repne pop rcx
           {"6659", "59"},              // pop cx
           {"f34883c408", "4883c408"},  // rep add rsp, 8
       }},
      {"movss and movsd between registers",
       X64Start(),
       {
           {"f30f10c1", "f30f10442408"},  // movss xmm0, xmm1
           {"f20f10c1", "f20f10442408"},  // movsd xmm0, xmm1
           {"f30f11c1", "f30f10442408"},  // movss xmm1, xmm0
           {"f20f11c1", "f20f10442408"},  // movsd xmm1, xmm0
       }},
      {"other moves of vectors",
       X64Frame(),
       {
           {"f2480f100424", "f20f100424"},  // movsd xmm0, [rsp]
           {"f3480f100424", "f30f100424"},  // movss xmm0, dword ptr [rsp]
           {"0f100424", "f30f100424"},      // movups xmm0, xmmword ptr [rsp]
           {"660f100424", "f20f100424"},    // movupd xmm0, xmmword ptr [rsp]
           {"f30f120424", "f30f100424"},    // movsldup xmm0, xmmword ptr [rsp]
           {"0f110424", "f20f110424"},      // movups xmmword ptr [rsp], xmm0
           {"f20f280424", "f20f100424"},    // no instruction
           {"f2f30f100424", "f30f100424"},  // movss xmm0, dword ptr [rsp]
           {"f3f20f100424", "f20f100424"},  // movsd xmm0, [rsp]
           {"48f20f100424", "f20f100424"},  // repne; movups xmm0, xmmword ptr [rsp]
           {"66f20f100424", "f20f100424"},  // movsd xmm0, [rsp]
           {"0f280424", "0f28c1"},          // movaps xmm0, xmmword ptr [rsp]
           {"0f29c1", "0f28c1"},            // movaps xmm1, xmm0
           {"480f28c1", "0f28c1"},          // movaps xmm0, xmm1
           {"660f28c1", "0f28c1"},          // movapd xmm0, xmm1
           {"f30f28c1", "0f28c1"},          // no instruction
           {"f20f28c1", "0f28c1"},          // no instruction
           {"66480f6ec6", "0f28c1"},        // movq xmm0, rsi
       }},
      {"other widths",
       X64Frame(),
       {
           {"480fb6c0", "0fb6c0"},      // movzx rax, al
           {"480fb7c0", "0fb7c0"},      // movzx rax, ax
           {"480fbec0", "0fbec0"},      // movsx rax, al
           {"4863c6", "89f0"},          // movsxd rax, esi
           {"66893424", "893424"},      // mov word ptr [rsp], si
           {"40883424", "893424"},      // mov byte ptr [rsp], sil
           {"668b0424", "8b0424"},      // mov ax, word ptr [rsp]
           {"8a0424", "8b0424"},        // mov al, byte ptr [rsp]
           {"480fbf0424", "0fbf0424"},  // movsx rax, word ptr [rsp]
       }},
      {"instructions of no trampoline",
       X64Start(),
       {
           {"90", "4889f0"},              // nop
           {"f4", "4889f0"},              // hlt
           {"9b", "4889f0"},              // wait
           {"cd80", "4889f0"},            // int 128
           {"0f0b", "4889f0"},            // ud2
           {"0f34", "4889f0"},            // sysenter
           {"0f01f9", "4889f0"},          // rdtscp
           {"f30f1efa", "4889f0"},        // endbr64
           {"0faee8", "4889f0"},          // lfence
           {"4887f0", "4889f0"},          // xchg rsi, rax
           {"01f0", "4889f0"},            // add eax, esi
           {"488d442408", "488b442408"},  // lea rax, [rsp + 8]
           {"b800000000", "31c0"},        // mov eax, 0
           {"48c7c000000000", "31c0"},    // mov rax, 0
           {"c7c000000000", "31c0"},      // mov eax, 0
           {"f3a4", "4889f0"},            // rep movsb byte ptr es:[rdi], byte ptr [rsi]
           {"c5f828c1", "0f28c1"},        // vmovaps xmm0, xmm1
           {"62f17c4828c1", "0f28c1"},    // vmovaps zmm0, zmm1
       }},
  };
  return groups;
}

const std::vector<Group<uint32_t>>& A64Groups() {
  static const std::vector<Group<uint32_t>> groups = {
      {"register 31 in mov",
       A64Start(),
       {
           {0xAA0103FF, 0xAA0103E9},  // mov xzr, x1
           {0x2A0103FF, 0x2A0103E9},  // mov wzr, w1
           {0xAA1F03FF, 0xAA1F03E9},  // mov xzr, xzr
       }},
      {"register 31 in an extension",
       A64Start(),
       {
           {0x12001C3F, 0x12001C29},  // and wsp, w1, #0xff
           {0x12001FE9, 0x12001C29},  // and w9, wzr, #0xff
           {0x12003C3F, 0x12003C29},  // and wsp, w1, #0xffff
           {0x12003FE9, 0x12003C29},  // and w9, wzr, #0xffff
           {0x13001C3F, 0x13001C29},  // sxtb wzr, w1
           {0x13001FE9, 0x13001C29},  // sxtb w9, wzr
           {0x13003C3F, 0x13003C29},  // sxth wzr, w1
           {0x13003FE9, 0x13003C29},  // sxth w9, wzr
       }},
      {"register 31 in a load or store",
       A64Frame(),
       {
           {0xF9000BFF, 0xF9000BE9},  // str xzr, [sp, #16]
           {0xF9400BFF, 0xF9400BE9},  // ldr xzr, [sp, #16]
           {0xB90013FF, 0xB90013E9},  // str wzr, [sp, #16]
           {0xB94013FF, 0xB94013E9},  // ldr wzr, [sp, #16]
           {0x390043FF, 0x390043E9},  // strb wzr, [sp, #16]
           {0x394043FF, 0x394043E9},  // ldrb wzr, [sp, #16]
           {0x790023FF, 0x790023E9},  // strh wzr, [sp, #16]
           {0x794023FF, 0x794023E9},  // ldrh wzr, [sp, #16]
           {0x39C043FF, 0x39C043E9},  // ldrsb wzr, [sp, #16]
       }},
      {"shifted and other logical operations",
       A64Start(),
       {
           {0xAA0107E9, 0xAA0103E9},  // orr x9, xzr, x1, lsl #1
           {0xAA4103E9, 0xAA0103E9},  // orr x9, xzr, x1, lsr #0
           {0xAA8103E9, 0xAA0103E9},  // orr x9, xzr, x1, asr #0
           {0xAAC103E9, 0xAA0103E9},  // orr x9, xzr, x1, ror #0
           {0x2A0107E9, 0x2A0103E9},  // orr w9, wzr, w1, lsl #1
           {0xAA2103E9, 0xAA0103E9},  // mvn x9, x1
           {0xAA010129, 0xAA0103E9},  // orr x9, x9, x1
           {0x8A0103E9, 0xAA0103E9},  // and x9, xzr, x1
           {0xCA0103E9, 0xAA0103E9},  // eor x9, xzr, x1
           {0xEA0103E9, 0xAA0103E9},  // ands x9, xzr, x1
       }},
      {"extensions to 64 bits, and of other widths",
       A64Start(),
       {
           {0x92401C29, 0x12001C29},  // and x9, x1, #0xff
           {0x92001C29, 0x12001C29},  // and x9, x1, #0xff000000ff
           {0x92003C29, 0x12003C29},  // and x9, x1, #0xffff0000ffff
           {0x93001C29, 0x13001C29},  // no instruction
           {0x93003C29, 0x13003C29},  // no instruction
           {0x92403C29, 0x12003C29},  // and x9, x1, #0xffff
           {0x93401C29, 0x13001C29},  // sxtb x9, w1
           {0x93403C29, 0x13003C29},  // sxth x9, w1
           {0x93407C29, 0x13003C29},  // sxtw x9, w1
           {0x12000029, 0x12001C29},  // and w9, w1, #0x1
           {0x12007C29, 0x12003C29},  // no instruction
           {0x72001C29, 0x12001C29},  // ands w9, w1, #0xff
           {0x53001C29, 0x12001C29},  // uxtb w9, w1
           {0x32001C29, 0x12001C29},  // orr w9, w1, #0xff
           {0x13011C29, 0x13001C29},  // sbfx w9, w1, #1, #7
       }},
      {"vectors of 8, 16 and 128 bits",
       A64Frame(),
       {
           {0x3D0043E0, 0xBD0013E0},  // str b0, [sp, #16]
           {0x3D4043E0, 0xBD4013E0},  // ldr b0, [sp, #16]
           {0x7D0023E0, 0xBD0013E0},  // str h0, [sp, #16]
           {0x7D4023E0, 0xBD4013E0},  // ldr h0, [sp, #16]
           {0x3D8007E0, 0xFD000BE0},  // str q0, [sp, #16]
           {0x3DC007E0, 0xFD400BE0},  // ldr q0, [sp, #16]
           {0x7D8023E0, 0xFD000BE0},  // no instruction
           {0xBD8013E0, 0xBD0013E0},  // no instruction
           {0xBDC013E0, 0xBD4013E0},  // no instruction
           {0xFD800BE0, 0xFD000BE0},  // no instruction
           {0xFDC00BE0, 0xFD400BE0},  // no instruction
       }},
      {"loads with a sign to 64 bits, and prefetches",
       A64Frame(),
       {
           {0x398043E9, 0x39C043E9},  // ldrsb x9, [sp, #16]
           {0x798023E9, 0x79C023E9},  // ldrsh x9, [sp, #16]
           {0xB98013E9, 0xB94013E9},  // ldrsw x9, [sp, #16]
           {0xF9800BE0, 0xF9400BE0},  // prfm pldl1keep, [sp, #16]
           {0xB9C013E9, 0xB94013E9},  // no instruction
           {0xF9C00BE9, 0xF9400BE9},  // no instruction
       }},
      {"other addresses",
       A64Frame(),
       {
           {0xF84103E9, 0xF9400BE9},  // ldur x9, [sp, #16]
           {0xF84107E9, 0xF9400BE9},  // ldr x9, [sp], #16
           {0xF8410FE9, 0xF9400BE9},  // ldr x9, [sp, #16]!
           {0xF8696BE9, 0xF9400BE9},  // ldr x9, [sp, x9]
           {0xF81103E9, 0xF9000BE9},  // stur x9, [sp, #-240]
           {0xF8010FE9, 0xF9000BE9},  // str x9, [sp, #16]!
           {0xC85F7FE9, 0xF94003E9},  // ldxr x9, [sp]
           {0xC8DFFFE9, 0xF94003E9},  // ldar x9, [sp]
       }},
      {"records of other registers, widths and modes, stored",
       A64Record(),
       {
           {0xA90077FE, 0xA9007BFD},  // stp x30, x29, [sp]
           {0xA90073FD, 0xA9007BFD},  // stp x29, x28, [sp]
           {0xA9007BE0, 0xA9007BFD},  // stp x0, x30, [sp]
           {0xA9007FFD, 0xA9007BFD},  // stp x29, xzr, [sp]
           {0xA9007BBD, 0xA9007BFD},  // stp x29, x30, [x29]
           {0x29007BFD, 0xA9007BFD},  // stp w29, w30, [sp]
           {0xA8007BFD, 0xA9007BFD},  // stnp x29, x30, [sp]
           {0xA8807BFD, 0xA9007BFD},  // stp x29, x30, [sp], #0
           {0x6D007BFD, 0xA9007BFD},  // stp d29, d30, [sp]
           {0xAD007BFD, 0xA9007BFD},  // stp q29, q30, [sp]
       }},
      {"records of other registers, widths and modes, loaded",
       A64Load(),
       {
           {0xA94077FE, 0xA9407BFD},  // ldp x30, x29, [sp]
           {0xA94073FD, 0xA9407BFD},  // ldp x29, x28, [sp]
           {0xA9407FFD, 0xA9407BFD},  // ldp x29, xzr, [sp]
           {0xA9407BBD, 0xA9407BFD},  // ldp x29, x30, [x29]
           {0x29407BFD, 0xA9407BFD},  // ldp w29, w30, [sp]
           {0xA8407BFD, 0xA9407BFD},  // ldnp x29, x30, [sp]
           {0xA9C07BFD, 0xA9407BFD},  // ldp x29, x30, [sp, #0]!
           {0x69407BFD, 0xA9407BFD},  // ldpsw x29, x30, [sp]
           {0x6D407BFD, 0xA9407BFD},  // ldp d29, d30, [sp]
           {0xAD407BFD, 0xA9407BFD},  // ldp q29, q30, [sp]
       }},
      {"pairs of other registers, widths, bases and modes",
       A64Frame(),
       {
           {0xA94127E9, 0xA9412BE9},  // ldp x9, x9, [sp, #16]
           {0xA9417FE9, 0xA9412BE9},  // ldp x9, xzr, [sp, #16]
           {0xA9412BFF, 0xA9412BE9},  // ldp xzr, x10, [sp, #16]
           {0xA9414BE9, 0xA9412BE9},  // ldp x9, x18, [sp, #16]
           {0xA9412BF3, 0xA9412BE9},  // ldp x19, x10, [sp, #16]
           {0xA9412929, 0xA9412BE9},  // ldp x9, x10, [x9, #16]
           {0x29422BE9, 0xA9412BE9},  // ldp w9, w10, [sp, #16]
           {0x69422BE9, 0xA9412BE9},  // ldpsw x9, x10, [sp, #16]
           {0x6D412BE9, 0xA9412BE9},  // ldp d9, d10, [sp, #16]
           {0xAD40ABE9, 0xA9412BE9},  // ldp q9, q10, [sp, #16]
           {0xA8412BE9, 0xA9412BE9},  // ldnp x9, x10, [sp, #16]
           {0xA8C12BE9, 0xA9412BE9},  // ldp x9, x10, [sp], #16
           {0xA9C12BE9, 0xA9412BE9},  // ldp x9, x10, [sp, #16]!
           {0xA9017FE9, 0xA9012BE9},  // stp x9, xzr, [sp, #16]
           {0xA9012BFF, 0xA9012BE9},  // stp xzr, x10, [sp, #16]
           {0xA9014FE9, 0xA9012BE9},  // stp x9, x19, [sp, #16]
           {0xA9012929, 0xA9012BE9},  // stp x9, x10, [x9, #16]
           {0x29027FE9, 0x29022BE9},  // stp w9, wzr, [sp, #16]
           {0x69012BE9, 0xA9012BE9},  // stgp x9, x10, [sp, #32]
           {0x6D012BE9, 0xA9012BE9},  // stp d9, d10, [sp, #16]
           {0xA8012BE9, 0xA9012BE9},  // stnp x9, x10, [sp, #16]
           {0xA8812BE9, 0xA9012BE9},  // stp x9, x10, [sp], #16
           {0xA9812BE9, 0xA9012BE9},  // stp x9, x10, [sp, #16]!
       }},
      {"sp lowered in other ways",
       A64Lower(),
       {
           {0xD14083FF, 0xD10083FF},  // sub sp, sp, #32, lsl #12
           {0x510083FF, 0xD10083FF},  // sub wsp, wsp, #32
           {0xF10083FF, 0xD10083FF},  // cmp sp, #32
           {0xD10083E9, 0xD10083FF},  // sub x9, sp, #32
           {0xD10083FD, 0xD10083FF},  // sub x29, sp, #32
           {0xCB2963FF, 0xD10083FF},  // sub sp, sp, x9
           {0xD100813F, 0xD10083FF},  // sub sp, x9, #32
       }},
      {"sp raised in other ways",
       A64Raise(),
       {
           {0x914083FF, 0x910083FF},  // add sp, sp, #32, lsl #12
           {0x110083FF, 0x910083FF},  // add wsp, wsp, #32
           {0xB10083FF, 0x910083FF},  // cmn sp, #32
           {0x8B2963FF, 0x910083FF},  // add sp, sp, x9
           {0x910083BF, 0x910083FF},  // add sp, x29, #32
           {0x9100813F, 0x910083FF},  // add sp, x9, #32
       }},
      {"other addresses of the stack",
       A64Pointer(),
       {
           {0x910003E9, 0x910003FD},  // mov x9, sp
           {0x910003FE, 0x910003FD},  // mov x30, sp
           {0xD10003FD, 0x910003FD},  // sub x29, sp, #0
           {0x110003FD, 0x910003FD},  // mov w29, wsp
           {0x914003FD, 0x910003FD},  // add x29, sp, #0, lsl #12
           {0xB10003FD, 0x910003FD},  // adds x29, sp, #0
           {0x910003BD, 0x910003FD},  // add x29, x29, #0
           {0x910002FD, 0x910003FD},  // add x29, x23, #0
       }},
      {"the callee's address of 32 bits, with a sign, into a vector, into register 31",
       A64Literal(),
       {
           {0x18000050, 0x58000050},  // ldr w16, #8
           {0x98000050, 0x58000050},  // ldrsw x16, #8
           {0xD8000050, 0x58000050},  // prfm pstl1keep, #8
           {0x1C000050, 0x58000050},  // ldr s16, #8
           {0x5C000050, 0x58000050},  // ldr d16, #8
           {0x9C000050, 0x58000050},  // ldr q16, #8
           {0x5800005F, 0x58000050},  // ldr xzr, #8
           {0x10000050, 0x58000050},  // adr x16, #8
           {0x90000010, 0x58000050},  // adrp x16, #0
           {0xD2800010, 0x58000050},  // mov x16, #0
       }},
      {"other branches",
       A64Jump(),
       {
           {0xD71F0A11, 0xD61F0200},  // braa x16, x17
           {0xD61F0A1F, 0xD61F0200},  // braaz x16
           {0xD61F0E1F, 0xD61F0200},  // brabz x16
           {0xD65F0200, 0xD61F0200},  // ret x16
           {0x54000000, 0xD61F0200},  // b.eq #0
           {0xB4000010, 0xD61F0200},  // cbz x16, #0
           {0xD69F03E0, 0xD61F0200},  // eret
           {0xD61F0201, 0xD61F0200},  // no instruction
           {0xD63F0A1F, 0xD61F0200},  // blraaz x16
       }},
      {"other calls",
       A64Call(),
       {
           {0xD73F0A11, 0xD63F0200},  // blraa x16, x17
           {0xD63F0A1F, 0xD63F0200},  // blraaz x16
           {0xD63F0E1F, 0xD63F0200},  // blrabz x16
           {0xD63F0201, 0xD63F0200},  // no instruction
       }},
      {"other returns",
       A64Return(),
       {
           {0xD65F0BFF, 0xD65F03C0},  // retaa
           {0xD65F0FFF, 0xD65F03C0},  // retab
           {0xD65F0000, 0xD65F03C0},  // ret x0
           {0xD65F0200, 0xD65F03C0},  // ret x16
           {0xD65F03E0, 0xD65F03C0},  // ret xzr
           {0xD69F03E0, 0xD65F03C0},  // eret
           {0xD65F03C1, 0xD65F03C0},  // no instruction
       }},
      {"other moves of vectors",
       A64Start(),
       {
           {0x1E204020, 0x1E604020},  // fmov s0, s1
           {0x1EE04020, 0x1E604020},  // no instruction
           {0x9E670020, 0x1E604020},  // fmov d0, x1
           {0x9E660029, 0x1E604020},  // fmov x9, d1
           {0x1E60C020, 0x1E604020},  // fabs d0, d1
           {0x1E614020, 0x1E604020},  // fneg d0, d1
           {0x1E601000, 0x1E604020},  // fmov d0, #2.00000000
           {0x0EA11C20, 0x1E604020},  // mov v0.8b, v1.8b
           {0x1E22C020, 0x1E604020},  // fcvt d0, s1
       }},
      {"instructions of no trampoline",
       A64Start(),
       {
           {0xD503201F, 0xAA0103E9},  // nop
           {0xD503245F, 0xAA0103E9},  // bti c
           {0xD503233F, 0xAA0103E9},  // paciasp
           {0x00000000, 0xAA0103E9},  // udf #0
           {0xD4200000, 0xAA0103E9},  // brk #0
           {0xD4000001, 0xAA0103E9},  // svc #0
           {0xD503207F, 0xAA0103E9},  // wfi
           {0xD5033FBF, 0xAA0103E9},  // dmb sy
           {0xD53BD049, 0xAA0103E9},  // mrs x9, TPIDR_EL0
           {0xD51BD049, 0xAA0103E9},  // msr TPIDR_EL0, x9
           {0x91000429, 0xAA0103E9},  // add x9, x1, #1
           {0x9A810029, 0xAA0103E9},  // csel x9, x1, x1, eq
           {0xF9800020, 0xAA0103E9},  // prfm pldl1keep, [x1]
       }},
  };
  return groups;
}

void ExpectUnknown(Target target, const std::string& signature, const std::string& what,
                   const Surroundings& where, const std::string& wrong, const std::string& right) {
  const auto offset = static_cast<uint32_t>(where.before.size() / 2);
  ExpectGuarded({VerifierRule::kUnknownInstruction, what, target, signature, where.before, wrong,
                 right, where.after, offset});
}

TEST(EncodingsTest, X64) {
  for (const Group<std::string>& group : X64Groups()) {
    for (const auto& [wrong, right] : group.wrong_and_right) {
      ExpectUnknown(kSystemV, "void(u64,buffer,u64,u64,u64,u64)", group.what, group.where, wrong,
                    right);
    }
  }
}

TEST(EncodingsTest, A64) {
  for (const Group<uint32_t>& group : A64Groups()) {
    for (const auto& [wrong, right] : group.wrong_and_right) {
      ExpectUnknown(kLinuxArm, "void(u64,buffer,u64,u64,u64,u64,u64,u64)", group.what, group.where,
                    Words({wrong}), Words({right}));
    }
  }
}

// The bytes behind the end would make an instruction of it.
TEST(EncodingsTest, X64InstructionsThatAreCutOff) {
  const std::vector<std::string> instructions = {
      "4889f0",            // mov rax, rsi
      "488b442408",        // mov rax, [rsp + 8]
      "488b842408000000",  // mov rax, [rsp + 8], with a displacement of 4 bytes
      "400fb6c6",          // movzx eax, sil
      "0fb74c2408",        // movzx ecx, word [rsp + 8]
      "31c0",              // xor eax, eax
      "f20f10442408",      // movsd xmm0, [rsp + 8]
      "0f28c1",            // movaps xmm0, xmm1
      "4154",              // push r12
      "ff742408",          // push [rsp + 8]
      "ffb42408000000",    // push [rsp + 8], with a displacement of 4 bytes
      "4883ec08",          // sub rsp, 8
      "4881ec08000000",    // sub rsp, 8, with an immediate of 4 bytes
      "ffe0",              // jmp rax
  };
  const std::string before = "31ff" + LoadCallee();  // xor edi, edi
  const auto before_bytes = static_cast<uint32_t>(before.size() / 2);
  for (const std::string& instruction : instructions) {
    const std::vector<uint8_t> code = Bytes(before + instruction);
    for (size_t size = before_bytes + 1; size <= code.size(); ++size) {
      SCOPED_TRACE(absl::StrCat(instruction, ", of it ", size - before_bytes));
      const std::optional<Rejection> rejection =
          Verify(*Signature::Parse("void(u64,u64,u64,u64,u64,u64)"), kSystemV,
                 CallerProfile::kV8_10, {absl::MakeSpan(code).subspan(0, size), 4, 16});
      const bool is_unknown = rejection.has_value() &&
                              rejection->rule == VerifierRule::kUnknownInstruction &&
                              rejection->offset_bytes == before_bytes;
      EXPECT_EQ(is_unknown, size < code.size());
    }
  }
}

}  // namespace
}  // namespace springboard::verifier_test
