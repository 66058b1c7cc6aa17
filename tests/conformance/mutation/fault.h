#ifndef SPRINGBOARD_TESTS_CONFORMANCE_MUTATION_FAULT_H_
#define SPRINGBOARD_TESTS_CONFORMANCE_MUTATION_FAULT_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "compiler/call_layout.h"
#include "compiler/compile_request.h"
#include "compiler/thunk_plan.h"
#include "compiler/trampoline.h"

namespace springboard {

struct FaultyCode {
  CodeBytes code;
  uint32_t callee_offset_bytes;
};

// A defect that a compiler of trampolines might have: what it does to one value of the pipeline.
struct Fault {
  std::string name;
  std::vector<Target> targets;  // On which it makes wrong code.
  std::function<void(CallingConvention& caller, CallingConvention& callee)> conventions;
  std::function<void(CallLayout& caller, CallLayout& callee)> layouts;
  std::function<void(ThunkPlan& plan)> plan;
  std::function<void(FaultyCode& code)> code;
};

// Each worth to be told apart from the others.
const std::vector<Fault>& Faults();

// Compile() with the fault. Errors: those of Compile(), which some faults bring about.
absl::StatusOr<FaultyCode> CompileWith(const Fault& fault, const CompileRequest& request);

}  // namespace springboard

#endif  // SPRINGBOARD_TESTS_CONFORMANCE_MUTATION_FAULT_H_
