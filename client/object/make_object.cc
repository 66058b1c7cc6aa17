#include "client/object/make_object.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "client/arena/code_outline.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

using Bytes = absl::InlinedVector<uint8_t, 8>;

Bytes Word(uint32_t value) {
  Bytes bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<uint8_t>(value >> shift));
  return bytes;
}

// The branch to the callee through a register, as the compiler encodes it.
Bytes IndirectBranch(Isa isa, bool is_tail_call, uint8_t reg) {
  if (isa == Isa::kAArch64) return Word((is_tail_call ? 0xD61F0000 : 0xD63F0000) | reg << 5);
  Bytes bytes;
  if (reg >= 8) bytes.push_back(0x41);
  bytes.push_back(0xFF);
  bytes.push_back(static_cast<uint8_t>((is_tail_call ? 0xE0 : 0xD0) | (reg & 7)));
  return bytes;
}

// With a displacement of zero.
Bytes DirectBranch(Isa isa, bool is_tail_call) {
  if (isa == Isa::kAArch64) return Word(is_tail_call ? 0x14000000 : 0x94000000);
  return {static_cast<uint8_t>(is_tail_call ? 0xE9 : 0xE8), 0, 0, 0, 0};
}

Bytes LandingPad(Isa isa) {
  if (isa == Isa::kAArch64) return Word(0xD503245F);  // bti c
  return {0xF3, 0x0F, 0x1E, 0xFA};                    // endbr64
}

// Of the trampoline's code: what is replaced in it.
struct Part {
  size_t begin;
  size_t end;
};

absl::Status Malformed(absl::string_view message) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kMalformedCode, "code", message);
}

absl::StatusOr<Part> FindLoad(const Trampoline& trampoline, const CodeOutline& outline) {
  const Part load = {outline.load_offset_bytes,
                     size_t{outline.load_offset_bytes} + outline.load_size_bytes};
  const size_t slot = trampoline.relocation.callee_offset_bytes;
  // On x86-64 the slot is a part of the instruction; on AArch64 it is behind all of them.
  const bool is_slot_dropped = Info(trampoline.target).isa == Isa::kX64
                                   ? slot >= load.begin && slot + sizeof(uint64_t) == load.end
                                   : slot >= outline.end_bytes;
  if (load.begin == load.end || !is_slot_dropped) {
    return Malformed(absl::StrCat("one instruction loads the callee's address from its slot at ",
                                  slot, "; got none"));
  }
  return load;
}

absl::StatusOr<Part> FindBranch(const Trampoline& trampoline, const CodeOutline& outline) {
  const Bytes branch =
      IndirectBranch(Info(trampoline.target).isa, trampoline.is_tail_call, outline.callee_register);
  const absl::Span<const uint8_t> code = trampoline.code;
  const bool is_expected_kind = trampoline.is_tail_call != outline.call_offset_bytes.has_value();
  const size_t begin = outline.call_offset_bytes.value_or(
      outline.end_bytes - std::min<size_t>(outline.end_bytes, branch.size()));
  if (!is_expected_kind || begin < size_t{outline.load_offset_bytes} + outline.load_size_bytes ||
      code.subspan(begin, branch.size()) != absl::MakeConstSpan(branch)) {
    return Malformed(absl::StrCat("the code ",
                                  trampoline.is_tail_call ? "ends with a jump" : "has a call",
                                  " to the callee behind the load of its address; got none"));
  }
  return Part{begin, begin + branch.size()};
}

}  // namespace

absl::StatusOr<ObjectFunction> MakeObjectFunction(const Trampoline& trampoline,
                                                  absl::string_view name, absl::string_view callee,
                                                  Landing landing) {
  const Isa isa = Info(trampoline.target).isa;
  const std::optional<CodeOutline> outline = Outline(trampoline.target, trampoline.code);
  if (!outline.has_value()) return Malformed("the code has instructions that no trampoline has");
  const absl::StatusOr<Part> load = FindLoad(trampoline, *outline);
  if (!load.ok()) return load.status();
  const absl::StatusOr<Part> branch = FindBranch(trampoline, *outline);
  if (!branch.ok()) return branch.status();

  ObjectFunction function;
  function.name = std::string(name);
  function.callee = std::string(callee);
  function.is_tail_call = trampoline.is_tail_call;
  function.alignment_bytes = trampoline.alignment_bytes;
  CodeBytes& code = function.code;
  const auto append = [&code](absl::Span<const uint8_t> bytes) {
    code.insert(code.end(), bytes.begin(), bytes.end());
  };
  const absl::Span<const uint8_t> old = trampoline.code;
  if (landing == Landing::kPad) append(LandingPad(isa));
  const auto pad_bytes = code.size();
  append(old.subspan(0, load->begin));
  append(old.subspan(load->end, branch->begin - load->end));
  function.branch_offset_bytes = static_cast<uint32_t>(code.size());
  append(DirectBranch(isa, trampoline.is_tail_call));
  const size_t branch_end = code.size();
  append(old.subspan(branch->end, outline->end_bytes - branch->end));

  // Rows are behind instructions that neither the load nor the branch is.
  for (CodeOutline::Row row : outline->rows) {
    size_t offset = row.offset_bytes;
    if (offset >= branch->end) {
      offset = branch_end + (offset - branch->end);
    } else {
      offset += pad_bytes;
      if (offset >= load->end + pad_bytes) offset -= load->end - load->begin;
    }
    row.offset_bytes = static_cast<uint32_t>(offset);
    function.rows.push_back(row);
  }
  return function;
}

}  // namespace springboard
