// How long our code is, against a corrected reference's and clang's, for the same signatures on
// every target: tools/bench code. With --list, the code of ours and of clang where clang's is
// shorter, of the shortest signatures first.

#include <algorithm>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "compiler/target.h"
#include "tests/bench/code_lengths.h"
#include "tests/bench/measured.h"

namespace springboard {
namespace {

constexpr size_t kNoted = 8;  // Of each target.

using Length = CodeLength ComparedCode::*;

// The mean over the signatures of ours divided by the other's.
double MeanRatio(const std::vector<ComparedCode>& all, Length other, size_t CodeLength::*unit) {
  double sum = 0;
  for (const ComparedCode& code : all) {
    sum += static_cast<double>(code.our_length.*unit) / static_cast<double>(code.*other.*unit);
  }
  return sum / static_cast<double>(all.size());
}

double Mean(const std::vector<ComparedCode>& all, Length length, size_t CodeLength::*unit) {
  double sum = 0;
  for (const ComparedCode& code : all) sum += static_cast<double>(code.*length.*unit);
  return sum / static_cast<double>(all.size());
}

// Those whose code is longer than the other's, the shortest first.
std::vector<const ComparedCode*> Longer(const std::vector<ComparedCode>& all, Length other) {
  std::vector<const ComparedCode*> longer;
  for (const ComparedCode& code : all) {
    if (IsLonger(code.our_length, code.*other)) longer.push_back(&code);
  }
  std::stable_sort(longer.begin(), longer.end(), [](const ComparedCode* a, const ComparedCode* b) {
    return a->our_length.bytes < b->our_length.bytes;
  });
  return longer;
}

class Comparison {
 public:
  explicit Comparison(bool lists) : lists_(lists) {}

  // False, with what went wrong on stderr, if a target cannot be compared.
  bool Run() {
    const std::vector<Signature> signatures = ComparedSignatures();
    for (const TargetInfo& row : AllTargets()) {
      const absl::StatusOr<std::vector<ComparedCode>> all = CompareCode(signatures, row.target);
      if (!all.ok()) {
        std::cerr << row.name << ": " << all.status() << "\n";
        return false;
      }
      Add(row.name, *all);
    }
    const auto total = [&](const char* name, size_t count) {
      findings_.figures.push_back({name, static_cast<double>(count), Goal::kAtMost, 0});
    };
    total("code.longer_than_reference", longer_than_reference_);
    total("code.longer_than_clang", longer_than_clang_);
    chart_.lines = {ours_, clang_, reference_};
    findings_.charts.push_back(chart_);
    return true;
  }

  const Findings& findings() const { return findings_; }

 private:
  void Add(absl::string_view target, const std::vector<ComparedCode>& all) {
    const std::string name = absl::StrCat("code.", target, ".");
    const auto figure = [&](const char* what, Length other, size_t CodeLength::*unit) {
      findings_.figures.push_back({name + what, MeanRatio(all, other, unit), Goal::kAtMost, 1});
    };
    figure("instructions_vs_clang", &ComparedCode::clang_length, &CodeLength::instructions);
    figure("bytes_vs_clang", &ComparedCode::clang_length, &CodeLength::bytes);
    figure("instructions_vs_reference", &ComparedCode::reference_length, &CodeLength::instructions);
    figure("bytes_vs_reference", &ComparedCode::reference_length, &CodeLength::bytes);

    const auto longer = Longer(all, &ComparedCode::clang_length);
    longer_than_clang_ += longer.size();
    longer_than_reference_ += Longer(all, &ComparedCode::reference_length).size();
    findings_.figures.push_back(
        {name + "longer_than_clang", static_cast<double>(longer.size()), Goal::kAtMost, 0});
    findings_.notes.push_back(absl::StrFormat(
        "code, %s: mean bytes %.1f, clang %.1f, reference %.1f; mean instructions %.1f, clang "
        "%.1f, reference %.1f",
        target, Mean(all, &ComparedCode::our_length, &CodeLength::bytes),
        Mean(all, &ComparedCode::clang_length, &CodeLength::bytes),
        Mean(all, &ComparedCode::reference_length, &CodeLength::bytes),
        Mean(all, &ComparedCode::our_length, &CodeLength::instructions),
        Mean(all, &ComparedCode::clang_length, &CodeLength::instructions),
        Mean(all, &ComparedCode::reference_length, &CodeLength::instructions)));
    List(longer);

    chart_.bars.emplace_back(target);
    ours_.y.push_back(Mean(all, &ComparedCode::our_length, &CodeLength::bytes));
    clang_.y.push_back(Mean(all, &ComparedCode::clang_length, &CodeLength::bytes));
    reference_.y.push_back(Mean(all, &ComparedCode::reference_length, &CodeLength::bytes));
  }

  void List(const std::vector<const ComparedCode*>& longer) {
    if (lists_) {
      for (const ComparedCode* const code : longer) std::cout << code->Listing(code->clang) << "\n";
    }
    for (size_t i = 0; i < std::min(kNoted, longer.size()); ++i) {
      const ComparedCode& code = *longer[i];
      findings_.notes.push_back(absl::StrFormat(
          "clang is shorter on %s: %s: %d instructions and %d bytes, clang %d and %d",
          ToString(code.ours.target), code.signature.ToString(), code.our_length.instructions,
          code.our_length.bytes, code.clang_length.instructions, code.clang_length.bytes));
    }
  }

  const bool lists_;
  Findings findings_;
  Chart chart_ = {"code", "Mean length of a trampoline's code", "", "bytes", false, {}, {}};
  Line ours_ = {"ours", {}, {}};
  Line clang_ = {"clang -O2", {}, {}};
  Line reference_ = {"reference, corrected", {}, {}};
  size_t longer_than_reference_ = 0;
  size_t longer_than_clang_ = 0;
};

}  // namespace
}  // namespace springboard

int main(int argc, char** argv) {
  std::vector<char*> arguments(argv, argv + argc);
  const auto end = std::remove_if(arguments.begin() + 1, arguments.end(), [](const char* argument) {
    return absl::string_view(argument) == "--list";
  });
  springboard::Comparison comparison(/*lists=*/end != arguments.end());
  if (!comparison.Run()) return 1;
  return springboard::BenchMain(
      static_cast<int>(std::distance(arguments.begin(), end)), arguments.data(),
      /*add=*/nullptr,
      [&](const springboard::Measured& /*measured*/, const springboard::BenchOptions& /*options*/) {
        return comparison.findings();
      });
}
