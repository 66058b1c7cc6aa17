#include "client/arena/static_table_source.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/types/span.h"
#include "client/arena/code_outline.h"
#include "client/arena/dwarf_numbers.h"
#include "client/arena/static_table.h"
#include "client/code_check.h"
#include "compiler/compile.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

constexpr uint32_t kMaxCopies = 1 << 16;
constexpr uint32_t kInstructionBytesA64 = 4;

absl::Status Malformed(absl::string_view reason, absl::string_view field,
                       absl::string_view message) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason, field, message);
}

bool IsIdentifier(absl::string_view name) {
  if (name.empty() || absl::ascii_isdigit(static_cast<unsigned char>(name[0]))) return false;
  return std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return c == '_' || absl::ascii_isalnum(c); });
}

absl::Status Check(const StaticTableSource& source) {
  if (!IsIdentifier(source.name)) {
    return Malformed(reason::kNotAnIdentifier, "name",
                     absl::StrCat("a table's name is a C identifier; got \"", source.name, "\""));
  }
  if (source.target != Target::kX64SystemV && source.target != Target::kA64Linux) {
    return Malformed(reason::kUnsupportedTarget, "target",
                     absl::StrCat("static tables are ELF assembly, for x86_64-sysv or "
                                  "aarch64-linux; got ",
                                  ToString(source.target)));
  }
  if (source.rows.empty()) {
    return Malformed(reason::kMalformedTable, "rows", "a table has at least one signature");
  }
  return absl::OkStatus();
}

// By text, as the table wants them.
using Rows = std::map<std::string, const StaticTableSource::Row*>;

absl::StatusOr<Rows> Sort(const StaticTableSource& source) {
  Rows rows;
  for (size_t i = 0; i < source.rows.size(); ++i) {
    const StaticTableSource::Row& row = source.rows[i];
    const std::string field = absl::StrCat("rows[", i, "]");
    if (row.copies == 0 || row.copies > kMaxCopies) {
      return Malformed(
          reason::kMalformedTable, field,
          absl::StrCat("a signature has 1 to ", kMaxCopies, " copies; got ", row.copies));
    }
    if (!rows.emplace(row.signature.ToString(), &row).second) {
      return Malformed(
          reason::kMalformedTable, field,
          absl::StrCat("each signature is named once; ", row.signature.ToString(), " is again"));
    }
  }
  return rows;
}

class Writer {
 public:
  explicit Writer(const StaticTableSource& source)
      : source_(source), isa_(Info(source.target).isa), numbers_(DwarfNumbersOf(isa_)) {}

  absl::StatusOr<std::string> Write(const Rows& rows) {
    Line("# A springboard::StaticTable; made by springboard static-table.");
    Line("\t.section .text.springboard,\"ax\",%progbits");
    WriteProbe();
    for (const auto& [text, row] : rows) {
      const absl::Status status = WriteCode(text, *row);
      if (!status.ok()) return status;
    }
    WriteCallees();
    WriteTable(rows);
    Line("\t.section .note.GNU-stack,\"\",%progbits");
    return std::move(out_);
  }

 private:
  void Line(absl::string_view text) { absl::StrAppend(&out_, text, "\n"); }

  std::string Label(absl::string_view what) const {
    return absl::StrCat(".Lspringboard_", source_.name, "_", what);
  }

  void WriteProbe() {
    Line("\t.p2align 4");
    Line(absl::StrCat(Label("probe"), ":"));
    const int result = StaticTable::kProbeResult;
    Line(isa_ == Isa::kX64 ? absl::StrCat("\tmovl $", result, ", %eax\n\tret")
                           : absl::StrCat("\tmov w0, #", result, "\n\tret"));
  }

  absl::Status WriteCode(const std::string& text, const StaticTableSource::Row& row) {
    const absl::StatusOr<Trampoline> trampoline =
        Compile({row.signature, source_.target, source_.profile});
    if (!trampoline.ok()) return trampoline.status();
    absl::Status proven = CheckCode(row.signature, *trampoline, Verification::kOn);
    if (!proven.ok()) return proven;
    const std::optional<CodeOutline> outline = Outline(source_.target, trampoline->code);
    if (!outline.has_value()) {
      return MakeError(absl::StatusCode::kInternal, reason::kCompilerDefect, "",
                       absl::StrCat("the code of ", text, " has no outline"));
    }
    const std::string code = Label(absl::StrCat("code", signatures_));
    Line("\t.p2align 4");
    Line(absl::StrCat(code, ":"));
    for (uint32_t copy = 0; copy < row.copies; ++copy) {
      WriteCopy(absl::StrCat("\"springboard ", text, " #", copy, "\""), trampoline->code, *outline);
      Line("\t.p2align 4");
      if (copy == 0) Line(absl::StrCat(Label(absl::StrCat("next", signatures_)), ":"));
    }
    ++signatures_;
    return absl::OkStatus();
  }

  void WriteCopy(const std::string& symbol, absl::Span<const uint8_t> code,
                 const CodeOutline& outline) {
    Line(absl::StrCat("\t.type ", symbol, ", %function\n", symbol, ":\n\t.cfi_startproc"));
    uint32_t done = 0;
    const auto write_until = [&](uint32_t end) {
      if (done <= outline.load_offset_bytes && end > outline.load_offset_bytes) {
        WriteBytes(code.subspan(done, outline.load_offset_bytes - done));
        WriteLoad(outline.callee_register);
        done = outline.load_offset_bytes + outline.load_size_bytes;
      }
      WriteBytes(code.subspan(done, end - done));
      done = end;
    };
    for (const CodeOutline::Row& row : outline.rows) {
      write_until(row.offset_bytes);
      WriteCfi(row);
    }
    write_until(outline.end_bytes);
    Line(absl::StrCat("\t.cfi_endproc\n\t.size ", symbol, ", . - ", symbol));
    ++slots_;
  }

  void WriteBytes(absl::Span<const uint8_t> bytes) {
    if (isa_ == Isa::kX64) {
      for (const uint8_t byte : bytes) absl::StrAppendFormat(&out_, "\t.byte 0x%02x\n", byte);
      return;
    }
    for (size_t i = 0; i + kInstructionBytesA64 <= bytes.size(); i += kInstructionBytesA64) {
      uint32_t word = 0;
      for (size_t j = 0; j < kInstructionBytesA64; ++j) word |= uint32_t{bytes[i + j]} << (8 * j);
      absl::StrAppendFormat(&out_, "\t.inst 0x%08x\n", word);
    }
  }

  // The callee's address, from the copy's own 8 bytes.
  void WriteLoad(uint8_t reg) {
    constexpr absl::string_view kX64Names[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp",
                                               "rsi", "rdi", "r8",  "r9",  "r10", "r11",
                                               "r12", "r13", "r14", "r15"};
    const std::string slot = absl::StrCat(Label("callees"), " + ", 8 * slots_);
    if (isa_ == Isa::kX64) {
      Line(absl::StrCat("\tmovq ", slot, "(%rip), %", kX64Names[reg]));
    } else {
      Line(absl::StrFormat("\tadrp x%d, %s\n\tldr x%d, [x%d, #:lo12:%s]", reg, slot, reg, reg,
                           slot));
    }
  }

  void WriteCfi(const CodeOutline::Row& row) {
    const int number = numbers_.Of(row.reg);
    switch (row.kind) {
      case CodeOutline::Row::Kind::kCfa:
        Line(absl::StrCat("\t.cfi_def_cfa_offset ", row.value));
        break;
      case CodeOutline::Row::Kind::kSaved:
        Line(absl::StrCat("\t.cfi_offset ", number, ", ", -row.value));
        break;
      case CodeOutline::Row::Kind::kRestored:
        Line(absl::StrCat("\t.cfi_restore ", number));
        break;
    }
  }

  // Pages of their own: what is beside them in memory is not in reach of a small overflow, and may
  // be made read-only by who has bound all it wants.
  void WriteCallees() {
    // AArch64 has pages of up to 64 KB.
    const absl::string_view align = isa_ == Isa::kX64 ? "\t.p2align 12" : "\t.p2align 16";
    Line("\t.section .bss.springboard,\"aw\",%nobits");
    Line(align);
    Line(absl::StrCat(Label("callees"), ":\n\t.zero ", 8 * slots_));
    Line(align);
  }

  void WriteTable(const Rows& rows) {
    const std::string table = Label("table");
    Line("\t.section .rodata.springboard,\"a\",%progbits");
    Line("\t.p2align 3");
    // Hidden: a program that named the table of a shared library would get a copy of it, from
    // which every offset is wrong.
    Line(absl::StrCat("\t.globl ", source_.name, "\n\t.hidden ", source_.name, "\n\t.type ",
                      source_.name, ", %object"));
    Line(absl::StrCat(source_.name, ":\n", table, ":"));
    const auto number = [this](auto value) { Line(absl::StrCat("\t.long ", value)); };
    number(StaticTable::kVersion);
    number(static_cast<uint32_t>(source_.target));
    number(static_cast<uint32_t>(source_.profile));
    number(rows.size());
    number(absl::StrCat(Label("probe"), " - ", table));
    uint32_t slot = 0;
    uint32_t index = 0;
    for (const auto& [text, row] : rows) {
      const std::string code = Label(absl::StrCat("code", index));
      number(absl::StrCat(Label(absl::StrCat("text", index)), " - ", table));
      number(text.size());
      number(absl::StrCat(code, " - ", table));
      number(absl::StrCat(Label(absl::StrCat("next", index)), " - ", code));
      number(absl::StrCat(Label("callees"), " + ", 8 * slot, " - ", table));
      number(row->copies);
      slot += row->copies;
      ++index;
    }
    index = 0;
    for (const auto& [text, row] : rows) {
      Line(absl::StrCat(Label(absl::StrCat("text", index++)), ":\n\t.ascii \"", text, "\""));
    }
    Line(absl::StrCat("\t.size ", source_.name, ", . - ", source_.name));
  }

  const StaticTableSource& source_;
  const Isa isa_;
  const DwarfNumbers& numbers_;
  uint32_t signatures_ = 0;
  uint32_t slots_ = 0;
  std::string out_;
};

}  // namespace

absl::StatusOr<std::string> StaticTableAssembly(const StaticTableSource& source) {
  const absl::Status valid = Check(source);
  if (!valid.ok()) return valid;
  const absl::StatusOr<Rows> rows = Sort(source);
  if (!rows.ok()) return rows.status();
  return Writer(source).Write(*rows);
}

}  // namespace springboard
