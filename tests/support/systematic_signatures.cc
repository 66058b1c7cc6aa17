#include "tests/support/systematic_signatures.h"

#include <cstddef>
#include <set>
#include <string>

#include "compiler/native_type.h"
#include "tests/support/reference_defects.h"

namespace springboard {
namespace {

constexpr size_t kPositions = 14;

using Types = std::vector<NativeType>;

Types Run(NativeType type, size_t count) { return Types(count, type); }

Types operator+(Types first, const Types& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

NativeType TypeAt(size_t index) { return static_cast<NativeType>(index); }

class Collector {
 public:
  // Valid by construction: no parameter is void, and there are few.
  void Add(const Types& parameters, NativeType result) {
    Add(*Signature::Create(parameters, result));
  }

  // Each only once.
  void Add(const Signature& signature) {
    if (seen_.insert(signature.ToString()).second) signatures_.push_back(signature);
  }

  std::vector<Signature> Take() && { return std::move(signatures_); }

 private:
  std::vector<Signature> signatures_;
  std::set<std::string> seen_;
};

void AddEveryTypeInEveryPosition(Collector& collector) {
  const Types end = {NativeType::kU8, NativeType::kF32, NativeType::kU64};
  for (size_t position = 0; position < kPositions; ++position) {
    for (size_t type = 1; type < kNativeTypes.size(); ++type) {
      const Types one = {TypeAt(type)};
      for (const NativeType result : {NativeType::kVoid, NativeType::kU64}) {
        collector.Add(Run(NativeType::kU64, position) + one + end, result);
        collector.Add(Run(NativeType::kF64, position) + one + end, result);
        // Both kinds of register run out at the position.
        collector.Add(Run(NativeType::kU64, 8) + Run(NativeType::kF64, 8) +
                          Run(TypeAt(type), position + 1) + end,
                      result);
      }
    }
  }
}

void AddEveryResult(Collector& collector) {
  for (size_t result = 0; result < kNativeTypes.size(); ++result) {
    for (size_t count = 0; count <= kPositions; ++count) {
      collector.Add(Run(NativeType::kI32, count), TypeAt(result));
      collector.Add(Run(NativeType::kF32, count), TypeAt(result));
    }
  }
}

void AddRuns(Collector& collector) {
  for (size_t integers = 0; integers <= 12; integers += 2) {
    for (size_t floats = 0; floats <= 12; floats += 2) {
      for (const NativeType result : {NativeType::kVoid, NativeType::kI16, NativeType::kI64}) {
        collector.Add(Run(NativeType::kF32, floats) + Run(NativeType::kU16, integers), result);
        collector.Add(Run(NativeType::kU16, integers) + Run(NativeType::kF64, floats), result);
      }
    }
  }
}

void AddAlternatingWidths(Collector& collector) {
  const Types widths = {NativeType::kU8,  NativeType::kI64, NativeType::kI16, NativeType::kF32,
                        NativeType::kU32, NativeType::kF64, NativeType::kI8,  NativeType::kBuffer};
  for (size_t start = 0; start < widths.size(); ++start) {
    for (size_t step = 1; step < widths.size(); ++step) {
      Types parameters = Run(NativeType::kU64, 8) + Run(NativeType::kF64, 8);
      for (size_t i = 0; i < 12; ++i) {
        parameters.push_back(widths[(start + i * step) % widths.size()]);
      }
      collector.Add(parameters, NativeType::kVoid);
      collector.Add(parameters, NativeType::kU64);
    }
  }
}

}  // namespace

std::vector<Signature> SystematicSignatures() {
  Collector collector;
  AddEveryTypeInEveryPosition(collector);
  AddEveryResult(collector);
  AddRuns(collector);
  AddAlternatingWidths(collector);
  for (const ReferenceDefect& defect : ReferenceDefects()) {
    collector.Add(*Signature::Parse(defect.signature));
  }
  return std::move(collector).Take();
}

}  // namespace springboard
