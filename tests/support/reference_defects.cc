#include "tests/support/reference_defects.h"

namespace springboard {
namespace {

std::string Repeat(const std::string& type, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += (i > 0 ? "," : "") + type;
  return text;
}

}  // namespace

const std::vector<ReferenceDefect>& ReferenceDefects() {
  static const std::vector<ReferenceDefect> defects = {
      {"W1", Target::kX64Windows, "u8(u64,u64,u64,u64,f32)"},
      {"W2", Target::kX64Windows, "u64(u64,u64,u64,u64,u64,f32)"},
      {"W3", Target::kX64Windows, "void(f64,u64,u64,f32)"},
      {"S1", Target::kX64SystemV, "void(" + Repeat("f64", 9) + "," + Repeat("u64", 6) + ")"},
      {"A1", Target::kA64Apple, "void(" + Repeat("u64", 8) + "," + Repeat("f32", 10) + ")"},
      {"A1b", Target::kA64Apple, "void(" + Repeat("f32", 10) + ")"},
      {"A2", Target::kA64Apple, "u64(" + Repeat("f64", 9) + ")"},
      {"A3", Target::kA64Apple, "u64(" + Repeat("u64", 7) + ",u32)"},
      {"A4", Target::kA64Apple, "u64(" + Repeat("u64", 8) + ",u8,u32,u8)"},
      {"A5", Target::kA64Apple, "u64(" + Repeat("u64", 70) + ")"},
  };
  return defects;
}

}  // namespace springboard
