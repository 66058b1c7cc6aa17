#include "tests/client/object/compiled_object.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <optional>

#include "absl/strings/str_cat.h"
#include "client/arena/code_outline.h"
#include "compiler/compile.h"
#include "compiler/signature.h"

namespace springboard {
namespace {

[[noreturn]] void Fail(const std::string& what) {
  std::cerr << what << "\n";
  std::abort();
}

void Append(CodeBytes& code, const std::vector<uint8_t>& bytes) {
  code.insert(code.end(), bytes.begin(), bytes.end());
}

// `one` with a branch in place of the load of the callee's address and the call through it.
ObjectFunction Convert(const ObjectSymbol& symbol, const Trampoline& one, bool has_landing_pads) {
  const std::optional<CodeOutline> outline = Outline(one.target, one.code);
  if (!outline.has_value()) Fail("no outline: " + symbol.signature);
  const bool is_x64 = Info(one.target).isa == Isa::kX64;
  ObjectFunction function;
  function.name = "__springboard_" + symbol.name;
  function.callee = symbol.name;
  function.is_tail_call = one.is_tail_call;
  function.alignment_bytes = one.alignment_bytes;
  if (has_landing_pads) {
    Append(function.code, is_x64 ? std::vector<uint8_t>{0xF3, 0x0F, 0x1E, 0xFA}
                                 : std::vector<uint8_t>{0x5F, 0x24, 0x03, 0xD5});
  }
  const auto prefix = static_cast<uint32_t>(function.code.size());
  const uint32_t load_end = outline->load_offset_bytes + outline->load_size_bytes;
  const uint32_t rest = load_end + (is_x64 ? 2 : 4);
  function.code.insert(function.code.end(), one.code.begin(),
                       one.code.begin() + outline->load_offset_bytes);
  function.branch_offset_bytes = static_cast<uint32_t>(function.code.size());
  const uint8_t opcode =
      is_x64 ? (one.is_tail_call ? 0xE9 : 0xE8) : (one.is_tail_call ? 0x14 : 0x94);
  Append(function.code,
         is_x64 ? std::vector<uint8_t>{opcode, 0, 0, 0, 0} : std::vector<uint8_t>{0, 0, 0, opcode});
  const auto rest_now = static_cast<uint32_t>(function.code.size());
  function.code.insert(function.code.end(), one.code.begin() + rest,
                       one.code.begin() + outline->end_bytes);
  for (CodeOutline::Row row : outline->rows) {
    row.offset_bytes += row.offset_bytes <= outline->load_offset_bytes ? prefix : rest_now - rest;
    function.rows.push_back(row);
  }
  return function;
}

}  // namespace

Object CompiledObject(Target target, const std::vector<ObjectSymbol>& symbols,
                      bool has_landing_pads) {
  Object object = {target, has_landing_pads, {}};
  for (const ObjectSymbol& symbol : symbols) {
    const absl::StatusOr<Signature> signature = Signature::Parse(symbol.signature);
    if (!signature.ok()) Fail(symbol.signature + ": " + signature.status().ToString());
    const absl::StatusOr<Trampoline> one = Compile({*signature, target, CallerProfile::kV8_10});
    if (!one.ok()) Fail(symbol.signature + ": " + one.status().ToString());
    object.functions.push_back(Convert(symbol, *one, has_landing_pads));
  }
  std::sort(object.functions.begin(), object.functions.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return object;
}

const std::vector<ObjectSymbol>& TypicalSymbols() {
  static const auto* const symbols = [] {
    auto* all = new std::vector<ObjectSymbol>{
        {"power", "f64(f64,f64)"},
        {"absolute", "i32(i32)"},
        {"nothing", "void()"},
        {"swap16", "u16(u16)"},
        {"is_even", "bool(i32)"},
        {"checksum", "u64(u64,buffer,u32)"},
        {"a_name_longer_than_eight", "i64(i64)"},
        {"mixed", "i16(f64,u8,f32,i16,f64,u32,f32,i64,f64,bool,f32,i8,f64,u16,f32,i32,f64,buffer)"},
    };
    for (const int count : {5, 9, 13, 14, 16, 60, 62, 66, 68, 69, 70, 71, 72, 73, 74, 130, 250}) {
      for (const char* const result : {"u8", "u64", "f64"}) {
        std::string parameters = "u64";
        for (int i = 1; i < count; ++i) parameters += ",u64";
        all->push_back({absl::StrCat("many_", count, "_", result),
                        absl::StrCat(result, "(", parameters, ")")});
      }
    }
    return all;
  }();
  return *symbols;
}

}  // namespace springboard
