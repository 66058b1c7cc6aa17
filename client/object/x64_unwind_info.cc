#include "client/object/x64_unwind_info.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "client/object/byte_writer.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

using Row = CodeOutline::Row;

constexpr uint8_t kVersion = 1;
constexpr uint8_t kPushNonvolatile = 0;  // UWOP_PUSH_NONVOL; info is the register.
constexpr uint8_t kAllocLarge = 1;       // UWOP_ALLOC_LARGE; the size / 8 in the next slot.
constexpr uint8_t kAllocSmall = 2;       // UWOP_ALLOC_SMALL; info is (size - 8) / 8.
constexpr int32_t kMaxAllocSmallBytes = 128;
constexpr int32_t kMaxAllocLargeBytes = 8 * 0xFFFF;
constexpr int32_t kWordBytes = 8;

absl::Status CannotDescribe(absl::string_view what, uint32_t offset) {
  return MakeError(
      absl::StatusCode::kInvalidArgument, reason::kMalformedCode, "rows",
      absl::StrCat("Windows x64 has no unwind code for ", what, " before offset ", offset));
}

// What one instruction of the prologue does.
struct Operation {
  uint32_t end_bytes;
  int32_t lowered_bytes;
  bool pushes;
  uint8_t reg;
};

// The operations of the prologue, in order; `rows` are all of its rows.
absl::StatusOr<std::vector<Operation>> Prologue(absl::Span<const Row> rows) {
  std::vector<Operation> operations;
  int32_t cfa = kWordBytes;
  for (size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    if (row.kind != Row::Kind::kCfa || row.value <= cfa || row.value % kWordBytes != 0) {
      return CannotDescribe("a prologue's store or load", row.offset_bytes);
    }
    Operation operation = {row.offset_bytes, row.value - cfa, false, 0};
    cfa = row.value;
    if (i + 1 < rows.size() && rows[i + 1].offset_bytes == row.offset_bytes) {
      const Row& saved = rows[++i];
      operation.pushes = saved.kind == Row::Kind::kSaved && saved.value == cfa && saved.reg < 16 &&
                         operation.lowered_bytes == kWordBytes;
      operation.reg = saved.reg;
      if (!operation.pushes) return CannotDescribe("a change of two things", row.offset_bytes);
    }
    if (operation.end_bytes > 0xFF || operation.lowered_bytes > kMaxAllocLargeBytes) {
      return CannotDescribe("so long a prologue or so large a frame", row.offset_bytes);
    }
    operations.push_back(operation);
  }
  return operations;
}

// What the unwinder knows for an epilogue ("Prolog and epilog"): add rsp, constant; pops; ret. Of
// an addition and of every pop, only the form that compilers use. What the prologue lowers rsp by
// is given back at once.
std::string Epilogue(absl::Span<const Operation> operations) {
  ByteWriter code;
  const int32_t lowered = std::accumulate(
      operations.begin(), operations.end(), int32_t{0},
      [](int32_t sum, const Operation& one) { return sum + (one.pushes ? 0 : one.lowered_bytes); });
  if (lowered >= 0x80) {
    code.Bytes("\x48\x81\xC4");
    code.U32(static_cast<uint32_t>(lowered));
  } else if (lowered > 0) {
    code.Bytes("\x48\x83\xC4");
    code.U8(static_cast<uint8_t>(lowered));
  }
  for (size_t i = operations.size(); i-- > 0;) {
    if (!operations[i].pushes) continue;
    if (operations[i].reg >= 8) code.U8(0x41);
    code.U8(static_cast<uint8_t>(0x58 | (operations[i].reg & 7)));
  }
  code.U8(0xC3);
  return code.Take();
}

// All registers are pushed before anything else lowers rsp: the epilogue has its addition first.
bool HasForm(absl::Span<const Operation> operations) {
  return !operations.empty() &&
         std::is_partitioned(operations.begin(), operations.end(),
                             [](const Operation& one) { return one.pushes; });
}

// The codes of the prologue, the last instruction first.
std::string Codes(absl::Span<const Operation> operations) {
  ByteWriter codes;
  for (size_t i = operations.size(); i-- > 0;) {
    const Operation& one = operations[i];
    const auto code = [&](uint8_t operation, int32_t info) {
      codes.U8(static_cast<uint8_t>(one.end_bytes));
      codes.U8(static_cast<uint8_t>(operation | info << 4));
    };
    if (one.pushes) {
      code(kPushNonvolatile, one.reg);
    } else if (one.lowered_bytes <= kMaxAllocSmallBytes) {
      code(kAllocSmall, one.lowered_bytes / kWordBytes - 1);
    } else {
      code(kAllocLarge, 0);
      codes.U16(static_cast<uint16_t>(one.lowered_bytes / kWordBytes));
    }
  }
  return codes.Take();
}

}  // namespace

absl::StatusOr<std::string> X64UnwindInfo(const ObjectFunction& function) {
  if (function.rows.empty()) return std::string();
  size_t prologue_rows = 0;
  while (prologue_rows < function.rows.size() &&
         function.rows[prologue_rows].offset_bytes <= function.branch_offset_bytes) {
    ++prologue_rows;
  }
  const absl::StatusOr<std::vector<Operation>> operations =
      Prologue(absl::MakeConstSpan(function.rows).first(prologue_rows));
  if (!operations.ok()) return operations.status();
  const std::string epilogue = Epilogue(*operations);
  const absl::string_view code(reinterpret_cast<const char*>(function.code.data()),
                               function.code.size());
  const size_t leaving = code.size() - std::min(code.size(), epilogue.size());
  if (!HasForm(*operations) || prologue_rows == function.rows.size() ||
      code.substr(leaving) != epilogue || function.rows[prologue_rows].offset_bytes <= leaving) {
    return CannotDescribe("a frame not entered by pushes and sub and left by add, pops and ret",
                          function.rows.back().offset_bytes);
  }

  const std::string codes = Codes(*operations);
  ByteWriter info;
  info.U8(kVersion);  // No flags: there is no handler.
  info.U8(static_cast<uint8_t>(operations->back().end_bytes));
  info.U8(static_cast<uint8_t>(codes.size() / 2));
  info.U8(0);  // No frame register.
  info.Bytes(codes);
  info.Align(4);
  return info.Take();
}

}  // namespace springboard
