#include "server/request_id.h"

#include <algorithm>
#include <cstdint>

#include "absl/random/random.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace springboard {

bool IsRequestId(absl::string_view text) {
  constexpr size_t kMaxBytes = 128;
  constexpr absl::string_view kMarks = "._:/+=-";
  return !text.empty() && text.size() <= kMaxBytes &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                  kMarks.find(c) != absl::string_view::npos;
         });
}

std::string RequestIdOf(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata) {
  const auto found = metadata.find(kRequestIdKey);
  if (found == metadata.end()) return "";
  const absl::string_view id(found->second.data(), found->second.size());
  return IsRequestId(id) ? std::string(id) : "";
}

std::string MakeRequestId() {
  thread_local absl::BitGen random;
  return absl::StrCat(absl::Hex(absl::Uniform<uint64_t>(random), absl::kZeroPad16));
}

}  // namespace springboard
