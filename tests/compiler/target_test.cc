#include "compiler/target.h"

#include <gtest/gtest.h>

#include <vector>

#include "compiler/error_details.h"

namespace springboard {
namespace {

bool IsSaved(const CallingConvention& convention, Register reg) {
  const uint32_t saved = reg.register_class == RegisterClass::kGeneral ? convention.saved_general
                                                                       : convention.saved_vector;
  return (saved >> reg.number & 1) != 0;
}

bool IsArgument(const CallingConvention& convention, Register reg) {
  for (const RegisterList* list : {&convention.integer_arguments, &convention.vector_arguments}) {
    for (const Register argument : *list) {
      if (argument == reg) return true;
    }
  }
  return false;
}

TEST(TargetTest, FiveTargetsFoundByTheirNames) {
  ASSERT_EQ(AllTargets().size(), 5u);
  for (const TargetInfo& row : AllTargets()) {
    const absl::StatusOr<Target> found = FindTarget(row.name);
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(*found, row.target);
    EXPECT_EQ(&Info(row.target), &row) << "the rows must be in the order of the enum";
  }
}

TEST(TargetTest, UnknownNamesAreErrors) {
  const absl::Status target = FindTarget("riscv64-linux").status();
  EXPECT_EQ(GetErrorDetails(target)->reason, "UNKNOWN_TARGET");
  EXPECT_EQ(GetErrorDetails(target)->field, "target");
  EXPECT_EQ(target.message(),
            "a target is one of x86_64-sysv x86_64-windows aarch64-apple aarch64-linux "
            "aarch64-windows; got \"riscv64-linux\"");
  const absl::Status profile = FindCallerProfile("v8-9").status();
  EXPECT_EQ(GetErrorDetails(profile)->reason, "UNKNOWN_PROFILE");
}

// What the planner relies on, in every row.
TEST(TargetTest, ConventionsFitTogether) {
  for (const TargetInfo& row : AllTargets()) {
    SCOPED_TRACE(row.name);
    const IsaInfo& isa = Info(row.isa);
    const CallingConvention& callee = *row.callee;
    const CallingConvention& caller = row.caller(CallerProfile::kV8_10);
    EXPECT_EQ(callee.isa, row.isa);
    EXPECT_EQ(caller.isa, row.isa);
    EXPECT_EQ(caller.shadow_bytes, callee.shadow_bytes) << "else tail calls never fit";
    if (callee.out_array_keeper == OutArrayKeeper::kCalleeRegister) {
      EXPECT_TRUE(IsSaved(callee, callee.preserved)) << "the out array must survive the call";
      EXPECT_TRUE(IsSaved(caller, callee.preserved)) << "so the trampoline must restore it";
    }
    EXPECT_FALSE(IsSaved(caller, isa.out_array));
    EXPECT_NE(isa.out_array, callee.integer_result);
    std::vector<Register> free = {isa.scratch, isa.cycle_scratch, callee.vector_cycle_scratch};
    for (uint8_t i = 0; i < isa.copies; ++i) {
      free.push_back(General(static_cast<uint8_t>(isa.first_copy + i)));
      EXPECT_NE(free.back(), isa.cycle_scratch);
    }
    for (const Register reg : free) {
      EXPECT_FALSE(IsSaved(caller, reg)) << RegisterName(row.isa, reg);
      EXPECT_FALSE(IsArgument(callee, reg)) << RegisterName(row.isa, reg);
      EXPECT_FALSE(IsArgument(caller, reg)) << RegisterName(row.isa, reg);
    }
    EXPECT_NE(isa.scratch, isa.cycle_scratch);
  }
}

}  // namespace
}  // namespace springboard
