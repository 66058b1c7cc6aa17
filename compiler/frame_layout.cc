#include "compiler/frame_layout.h"

#include <tuple>

#include "absl/strings/str_cat.h"
#include "compiler/isa.h"

namespace springboard {
namespace {

constexpr uint32_t kStackAlignment = 16;  // At every call, in every convention here.
constexpr uint32_t kRegisterBytes = 8;

uint32_t AlignUp(uint32_t bytes) {
  return (bytes + kStackAlignment - 1) / kStackAlignment * kStackAlignment;
}

auto Fields(const FrameLayout& frame) {
  return std::tie(frame.size_bytes, frame.keeps_frame_record, frame.saves_preserved,
                  frame.incoming_offset_bytes, frame.outgoing_offset_bytes,
                  frame.record_offset_bytes, frame.saved_offset_bytes);
}

}  // namespace

FrameLayout LayOutFrame(const CallLayout& caller, const CallLayout& callee, bool saves_preserved) {
  const IsaInfo& isa = Info(callee.convention->isa);
  const uint32_t outgoing = callee.convention->shadow_bytes + callee.stack_bytes;
  const uint32_t saved = isa.frame_record_bytes + (saves_preserved ? kRegisterBytes : 0);
  FrameLayout frame;
  frame.size_bytes =
      AlignUp(outgoing + saved + isa.return_address_bytes) - isa.return_address_bytes;
  frame.keeps_frame_record = isa.frame_record_bytes > 0;
  frame.saves_preserved = saves_preserved;
  frame.incoming_offset_bytes =
      frame.size_bytes + isa.return_address_bytes + caller.convention->shadow_bytes;
  frame.outgoing_offset_bytes = callee.convention->shadow_bytes;
  const bool has_record_first = frame.keeps_frame_record && outgoing == 0;
  frame.record_offset_bytes = has_record_first ? 0 : frame.size_bytes - isa.frame_record_bytes;
  frame.saved_offset_bytes = has_record_first ? isa.frame_record_bytes : frame.size_bytes - saved;
  return frame;
}

FrameLayout LayOutTailCall(const CallLayout& caller, const CallLayout& callee) {
  const IsaInfo& isa = Info(callee.convention->isa);
  FrameLayout frame;
  frame.incoming_offset_bytes = isa.return_address_bytes + caller.convention->shadow_bytes;
  frame.outgoing_offset_bytes = isa.return_address_bytes + callee.convention->shadow_bytes;
  return frame;
}

std::string FrameLayout::ToString() const {
  if (size_bytes == 0) {
    return absl::StrCat("no frame; incoming at sp+", incoming_offset_bytes, "\n");
  }
  std::string text =
      absl::StrCat("frame of ", size_bytes, " bytes; outgoing at sp+", outgoing_offset_bytes,
                   ", incoming at sp+", incoming_offset_bytes);
  if (keeps_frame_record) absl::StrAppend(&text, ", frame record at sp+", record_offset_bytes);
  if (saves_preserved) absl::StrAppend(&text, ", saved register at sp+", saved_offset_bytes);
  return text + "\n";
}

bool operator==(const FrameLayout& a, const FrameLayout& b) { return Fields(a) == Fields(b); }

}  // namespace springboard
