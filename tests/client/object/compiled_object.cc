#include "tests/client/object/compiled_object.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/object/make_object.h"
#include "compiler/compile.h"
#include "compiler/signature.h"

namespace springboard {
namespace {

[[noreturn]] void Fail(const std::string& what) {
  std::cerr << what << "\n";
  std::abort();
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
    absl::StatusOr<ObjectFunction> function =
        MakeObjectFunction(*one, "__springboard_" + symbol.name, symbol.name,
                           has_landing_pads ? Landing::kPad : Landing::kNone);
    if (!function.ok()) Fail(symbol.signature + ": " + function.status().ToString());
    object.functions.push_back(*std::move(function));
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
