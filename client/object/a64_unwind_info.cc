#include "client/object/a64_unwind_info.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "client/object/byte_writer.h"
#include "compiler/error_details.h"

// The rows of a function tell which of its instructions are the prologue and the epilogue; the
// codes mirror these instructions one by one, which is all that the format can do.

namespace springboard {
namespace {

using Row = CodeOutline::Row;

constexpr uint32_t kInstructionBytes = 4;
constexpr uint32_t kReturn = 0xD65F03C0;  // ret x30
constexpr uint32_t kStackUnitBytes = 16;
constexpr uint32_t kWordBytes = 8;

// "Unwind codes", the table.
constexpr char kNop = '\xE3';
constexpr char kEnd = '\xE4';  // At the end of an epilogue it is the ret, too.

absl::Status CannotDescribe(absl::string_view what, uint32_t offset) {
  return MakeError(
      absl::StatusCode::kInvalidArgument, reason::kMalformedCode, "rows",
      absl::StrCat("Windows on ARM64 has no unwind code for ", what, " at offset ", offset));
}

// An unwind code, its most significant byte first.
std::string Code(uint32_t value, int bytes) {
  std::string code;
  while (bytes-- > 0) code.push_back(static_cast<char>(value >> (8 * bytes)));
  return code;
}

std::string Allocate(uint32_t bytes) {
  const uint32_t units = bytes / kStackUnitBytes;
  return units < 1U << 5 ? Code(units, 1) : Code(0xC000 | units, 2);
}

// Of an immediate that is shifted left by nothing.
uint32_t Immediate12(uint32_t instruction) { return instruction >> 10 & 0xFFF; }
// Of ldp and stp, in words; below zero where bit 6 is set.
uint32_t Immediate7(uint32_t instruction) { return instruction >> 15 & 0x7F; }

// "sub sp, sp, constant" or "add sp, sp, constant": by how much.
std::optional<uint32_t> StackMove(uint32_t instruction) {
  if ((instruction & 0xBFC003FF) != 0x910003FF) return std::nullopt;
  return Immediate12(instruction);
}

// The code of an instruction that changes the frame; none if there is none.
std::optional<std::string> CodeOf(uint32_t instruction) {
  const std::optional<uint32_t> moved = StackMove(instruction);
  if (moved.has_value()) {
    if (*moved % kStackUnitBytes != 0) return std::nullopt;
    return Allocate(*moved);
  }
  const uint32_t words = Immediate7(instruction);
  switch (instruction & 0xFFC07FFF) {
    case 0xA9007BFD:  // stp x29, x30, [sp, offset]
    case 0xA9407BFD:  // ldp
      if (words >= 1U << 6) return std::nullopt;
      return Code(0x40 | words, 1);  // save_fplr
    case 0xA9807BFD:                 // stp x29, x30, [sp, -size]!
      if (words < 1U << 6) return std::nullopt;
      return Code(0x80 | (0x7F - words), 1);  // save_fplr_x
    case 0xA8C07BFD:                          // ldp x29, x30, [sp], size
      if (words == 0 || words >= 1U << 6) return std::nullopt;
      return Code(0x80 | (words - 1), 1);
    default:
      return std::nullopt;
  }
}

// Of one that changes no frame: mov x29, sp, or add x29, sp, constant; or it needs no unwinding.
std::string OtherCode(uint32_t instruction) {
  const uint32_t offset = Immediate12(instruction);
  const bool sets_frame_pointer = (instruction & 0xFFC003FF) == 0x910003FD;
  if (!sets_frame_pointer || offset % kWordBytes != 0 || offset / kWordBytes > 0xFF) {
    return std::string(1, kNop);
  }
  return offset == 0 ? Code(0xE1, 1) : Code(0xE200 | offset / kWordBytes, 2);
}

using Codes = std::vector<std::string>;

std::string Join(absl::Span<const std::string> codes) {
  std::string joined;
  for (const std::string& code : codes) joined += code;
  return joined + kEnd;
}

// Those of a prologue, whose last instruction's code is the first.
std::string JoinReversed(absl::Span<const std::string> codes) {
  return Join(Codes(codes.rbegin(), codes.rend()));
}

// A header (".xdata records") and codes. The only epilogue ends the function.
absl::StatusOr<std::string> Record(uint32_t size_bytes, std::string codes,
                                   absl::string_view epilogue) {
  constexpr uint32_t kSingleEpilogue = 1U << 21;
  // An epilogue may share the codes of a prologue's begin.
  if (!absl::EndsWith(codes, epilogue)) absl::StrAppend(&codes, epilogue);
  const uint32_t header = size_bytes / kInstructionBytes | kSingleEpilogue |
                          static_cast<uint32_t>(codes.size() - epilogue.size()) << 22;
  codes.resize((codes.size() + 3) / 4 * 4, kNop);
  if (size_bytes >= 1U << 20 || codes.size() > 32) {
    return CannotDescribe("so long a function or prologue", size_bytes);
  }
  ByteWriter record;
  record.U32(header | static_cast<uint32_t>(codes.size() / 4) << 27);
  record.Bytes(codes);
  return record.Take();
}

class Describer {
 public:
  explicit Describer(const ObjectFunction& function)
      : function_(function), size_(static_cast<uint32_t>(function.code.size())) {}

  absl::StatusOr<std::string> Describe() {
    for (const Row& row : function_.rows) {
      if (row.offset_bytes < kInstructionBytes || row.offset_bytes % kInstructionBytes != 0) {
        return CannotDescribe("a change inside an instruction", row.offset_bytes);
      }
      if (row.offset_bytes <= function_.branch_offset_bytes) {
        prologue_end_ = row.offset_bytes;
      } else if (epilogue_begin_ == 0) {
        epilogue_begin_ = row.offset_bytes - kInstructionBytes;
      }
    }
    if (prologue_end_ == 0 || epilogue_begin_ == 0 ||
        InstructionAt(size_ - kInstructionBytes) != kReturn) {
      return CannotDescribe("a frame that is not entered, or not left before ret", size_);
    }
    // x29 may be set last, of which no row tells.
    if (prologue_end_ < function_.branch_offset_bytes && SetsFramePointer(prologue_end_)) {
      prologue_end_ += kInstructionBytes;
    }
    const absl::StatusOr<Codes> prologue = CodesOf(0, prologue_end_);
    if (!prologue.ok()) return prologue.status();
    const absl::StatusOr<Codes> epilogue = CodesOf(epilogue_begin_, size_ - kInstructionBytes);
    if (!epilogue.ok()) return epilogue.status();
    return Record(size_, JoinReversed(*prologue), Join(*epilogue));
  }

 private:
  // Of the instructions in [begin, end).
  absl::StatusOr<Codes> CodesOf(uint32_t begin, uint32_t end) const {
    Codes codes;
    for (uint32_t at = begin; at < end; at += kInstructionBytes) {
      const bool changes_frame =
          std::any_of(function_.rows.begin(), function_.rows.end(),
                      [&](const Row& row) { return row.offset_bytes == at + kInstructionBytes; });
      const std::optional<std::string> code =
          changes_frame ? CodeOf(InstructionAt(at)) : OtherCode(InstructionAt(at));
      if (!code.has_value()) return CannotDescribe("an instruction", at);
      codes.push_back(*code);
    }
    return codes;
  }

  bool SetsFramePointer(uint32_t at) const {
    return OtherCode(InstructionAt(at)) != std::string(1, kNop);
  }

  // `at` is a multiple of 4 and in the code, as is all of it: it ends with one.
  uint32_t InstructionAt(uint32_t at) const {
    uint32_t value = 0;
    for (uint32_t i = kInstructionBytes; i-- > 0;) value = value << 8 | function_.code[at + i];
    return value;
  }

  const ObjectFunction& function_;
  const uint32_t size_;
  uint32_t prologue_end_ = 0;
  uint32_t epilogue_begin_ = 0;
};

}  // namespace

absl::StatusOr<std::string> A64UnwindInfo(const ObjectFunction& function) {
  if (function.rows.empty()) return std::string();
  return Describer(function).Describe();
}

}  // namespace springboard
