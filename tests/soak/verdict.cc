#include "tests/soak/verdict.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace springboard {
namespace {

// Of at least one.
double LowestTenth(std::vector<double> values) {
  const auto at = values.begin() + static_cast<ptrdiff_t>(values.size() / 10);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

std::string CountGrew(const char* what, int before, int after, int max_more) {
  if (after <= before + max_more) return "";
  return absl::StrCat(what, " grew from ", before, " before the load to ", after, " after it\n");
}

}  // namespace

Drift DriftOf(const std::vector<double>& values) {
  if (values.empty()) return {};
  const auto quarter = static_cast<ptrdiff_t>(std::max<size_t>(values.size() / 4, 1));
  return {LowestTenth({values.begin(), values.begin() + quarter}),
          LowestTenth({values.end() - quarter, values.end()})};
}

Drift MemoryDrift(const SoakSamples& samples) {
  std::vector<double> megabytes;
  megabytes.reserve(samples.under_load.size());
  for (const ProcessSample& sample : samples.under_load) {
    megabytes.push_back(sample.resident_megabytes);
  }
  return DriftOf(megabytes);
}

std::string WhatGrew(const SoakSamples& samples) {
  std::string text;
  const Drift memory = MemoryDrift(samples);
  if (memory.relative() > kMaxDrift) {
    absl::StrAppendFormat(
        &text,
        "resident memory grew from %.2f MB to %.2f MB (lowest tenths of the first "
        "and the last quarter): %.2f %%, of %.0f %% that it may\n",
        memory.first, memory.last, 100 * memory.relative(), 100 * kMaxDrift);
  }
  return absl::StrCat(
      text, CountGrew("descriptors", samples.before.descriptors, samples.after.descriptors, 0),
      CountGrew("threads", samples.before.threads, samples.after.threads, kMaxMoreThreads));
}

}  // namespace springboard
