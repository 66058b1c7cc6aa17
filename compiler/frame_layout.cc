#include "compiler/frame_layout.h"

#include <numeric>
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
  return std::tie(frame.size_bytes, frame.keeps_frame_record, frame.keeps_word,
                  frame.pushes_arguments, frame.incoming_offset_bytes, frame.outgoing_offset_bytes,
                  frame.record_offset_bytes, frame.kept_offset_bytes, frame.padding_bytes);
}

// Of a push of what is in V8's slot, of one that is extended first, and of an array's data,
// whatever the displacement.
constexpr uint32_t kPushBytes = 7;
constexpr uint32_t kPushExtendedBytes = 9;
constexpr uint32_t kPushDataBytes = 11;

uint32_t PushBytes(const ArgumentLocation& argument) {
  if (argument.location.is_register()) return 0;
  if (argument.type == NativeType::kBuffer) return kPushDataBytes;
  return argument.is_extended && Info(argument.type).is_narrow() ? kPushExtendedBytes : kPushBytes;
}

bool PushesArguments(const CallLayout& callee) {
  const CallingConvention& convention = *callee.convention;
  if (callee.stack_bytes == 0 || !convention.has_push() ||
      convention.stack_slots != StackSlots::kEightBytes) {
    return false;
  }
  const uint32_t most = callee.stack_bytes / kRegisterBytes * kPushDataBytes;
  if (most <= convention.max_pushes_bytes) return true;
  const uint32_t bytes = std::accumulate(
      callee.arguments.begin(), callee.arguments.end(), uint32_t{0},
      [](uint32_t sum, const ArgumentLocation& argument) { return sum + PushBytes(argument); });
  return bytes <= convention.max_pushes_bytes;
}

}  // namespace

FrameLayout LayOutFrame(const CallLayout& caller, const CallLayout& callee, bool keeps_word) {
  const IsaInfo& isa = Info(callee.convention->isa);
  const uint32_t outgoing = callee.convention->shadow_bytes + callee.stack_bytes;
  const uint32_t kept = isa.frame_record_bytes + (keeps_word ? kRegisterBytes : 0);
  FrameLayout frame;
  frame.size_bytes = AlignUp(outgoing + kept + isa.return_address_bytes) - isa.return_address_bytes;
  frame.keeps_frame_record = isa.frame_record_bytes > 0;
  frame.keeps_word = keeps_word;
  frame.pushes_arguments = PushesArguments(callee);
  frame.incoming_offset_bytes =
      frame.size_bytes + isa.return_address_bytes + caller.convention->shadow_bytes;
  frame.outgoing_offset_bytes = callee.convention->shadow_bytes;
  const bool has_record_first = frame.keeps_frame_record && outgoing == 0;
  frame.record_offset_bytes = has_record_first ? 0 : frame.size_bytes - isa.frame_record_bytes;
  frame.kept_offset_bytes = has_record_first ? isa.frame_record_bytes : frame.size_bytes - kept;
  frame.padding_bytes = frame.size_bytes - outgoing - kept;
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
  if (pushes_arguments) absl::StrAppend(&text, ", pushed");
  if (padding_bytes > 0) absl::StrAppend(&text, ", padding of ", padding_bytes);
  if (keeps_frame_record) absl::StrAppend(&text, ", frame record at sp+", record_offset_bytes);
  if (keeps_word) {
    absl::StrAppend(&text, ", kept word at sp+", kept_offset_bytes);
  }
  return text + "\n";
}

bool operator==(const FrameLayout& a, const FrameLayout& b) { return Fields(a) == Fields(b); }

}  // namespace springboard
