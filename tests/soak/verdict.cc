#include "tests/soak/verdict.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace springboard {
namespace {

std::string CountGrew(const char* what, int before, int after, int max_more) {
  if (after <= before + max_more) return "";
  return absl::StrCat(what, " grew from ", before, " before the load to ", after, " after it\n");
}

}  // namespace

double MemoryDrift(const SoakSamples& samples) {
  const double before = samples.before.resident_megabytes;
  return before == 0 ? 0 : samples.after.resident_megabytes / before - 1;
}

std::string WhatGrew(const SoakSamples& samples) {
  std::string text;
  const double drift = MemoryDrift(samples);
  if (drift > kMaxDrift) {
    absl::StrAppendFormat(&text,
                          "resident memory grew from %.2f MB before the load to %.2f MB after it: "
                          "%.2f %%, of %.0f %% that it may\n",
                          samples.before.resident_megabytes, samples.after.resident_megabytes,
                          100 * drift, 100 * kMaxDrift);
  }
  return absl::StrCat(
      text, CountGrew("descriptors", samples.before.descriptors, samples.after.descriptors, 0),
      CountGrew("threads", samples.before.threads, samples.after.threads, kMaxMoreThreads));
}

}  // namespace springboard
