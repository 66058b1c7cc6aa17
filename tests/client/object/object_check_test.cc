#include "client/object/object_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "compiler/error_details.h"
#include "tests/client/object/compiled_object.h"

namespace springboard {
namespace {

struct Case {
  const char* name;
  std::function<void(Object&)> spoil;
  absl::string_view reason;
  const char* field;
};

// Of functions[1], which is framed; functions[0] is a tail call.
const std::vector<Case>& Cases() {
  using Row = CodeOutline::Row;
  static const auto* const cases = new std::vector<Case>{
      {"no name", [](Object& o) { o.functions[0].name = ""; }, reason::kNotAnIdentifier,
       "functions[0].name"},
      {"a NUL", [](Object& o) { o.functions[1].callee.push_back('\0'); }, reason::kNotAnIdentifier,
       "functions[1].callee"},
      {"a long name", [](Object& o) { o.functions[1].callee.resize(4096, 'x'); },
       reason::kOutOfRange, "functions[1].callee"},
      {"a name twice", [](Object& o) { o.functions[1].name = o.functions[0].name; },
       reason::kOutOfRange, "functions[1].name"},
      {"another order", [](Object& o) { std::swap(o.functions[0], o.functions[1]); },
       reason::kOutOfRange, "functions[1].name"},
      {"no code", [](Object& o) { o.functions[1].code.clear(); }, reason::kMalformedCode,
       "functions[1].branch_offset_bytes"},
      {"a branch outside", [](Object& o) { o.functions[1].branch_offset_bytes = ~0U; },
       reason::kMalformedCode, "functions[1].branch_offset_bytes"},
      {"no branch", [](Object& o) { o.functions[1].branch_offset_bytes += 4; },
       reason::kMalformedCode, "functions[1].branch_offset_bytes"},
      {"a call for a jump", [](Object& o) { o.functions[1].is_tail_call = true; },
       reason::kMalformedCode, "functions[1].branch_offset_bytes"},
      {"a jump not at the end", [](Object& o) { o.functions[0].code.resize(40); },
       reason::kMalformedCode, "functions[0].branch_offset_bytes"},
      {"a displacement",
       [](Object& o) {
         ObjectFunction& one = o.functions[1];
         one.code[one.branch_offset_bytes + 2] = 1;
       },
       reason::kMalformedCode, "functions[1].branch_offset_bytes"},
      {"no alignment", [](Object& o) { o.functions[1].alignment_bytes = 0; }, reason::kOutOfRange,
       "functions[1].alignment_bytes"},
      {"an alignment of 24", [](Object& o) { o.functions[1].alignment_bytes = 24; },
       reason::kOutOfRange, "functions[1].alignment_bytes"},
      {"a large alignment", [](Object& o) { o.functions[1].alignment_bytes = 1 << 14; },
       reason::kOutOfRange, "functions[1].alignment_bytes"},
      {"long code", [](Object& o) { o.functions[1].code.resize(1 << 20); }, reason::kOutOfRange,
       "functions[1].code"},
      {"a row outside",
       [](Object& o) {
         o.functions[1].rows.push_back({4096, Row::Kind::kCfa, 0, 8});
       },
       reason::kMalformedCode, "functions[1].rows"},
      {"rows out of order",
       [](Object& o) { std::swap(o.functions[1].rows.front(), o.functions[1].rows.back()); },
       reason::kMalformedCode, "functions[1].rows"},
      {"a row of no register", [](Object& o) { o.functions[1].rows.back().reg = 31; },
       reason::kMalformedCode, "functions[1].rows"},
      {"a row below zero", [](Object& o) { o.functions[1].rows.back().value = -8; },
       reason::kMalformedCode, "functions[1].rows"},
  };
  return *cases;
}

TEST(ObjectCheck, NamesWhatIsWrong) {
  for (const TargetInfo& target : AllTargets()) {
    const Object good =
        CompiledObject(target.target, {{"a", "f64(f64)"}, {"b", "u64(u64,buffer,u32)"}});
    EXPECT_TRUE(CheckObject(good).ok()) << CheckObject(good);
    for (const Case& one : Cases()) {
      SCOPED_TRACE(std::string(one.name) + ", " + std::string(target.name));
      Object object = good;
      one.spoil(object);
      const absl::Status status = CheckObject(object);
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
      const auto details = GetErrorDetails(status);
      ASSERT_TRUE(details.has_value());
      EXPECT_EQ(details->reason, one.reason) << status;
      EXPECT_EQ(details->field, one.field) << status;
    }
  }
}

}  // namespace
}  // namespace springboard
