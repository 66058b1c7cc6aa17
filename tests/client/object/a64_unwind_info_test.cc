// The codes of a record, executed at every instruction as Windows does ("Unwinding partial
// prologs and epilogs"), find what the rows say.

#include "client/object/a64_unwind_info.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/error_details.h"
#include "tests/client/object/compiled_object.h"

namespace springboard {
namespace {

using Row = CodeOutline::Row;
using testing::HasSubstr;

// Where a caller's registers are.
struct Frame {
  int32_t cfa = 0;               // From sp.
  std::map<int, int32_t> saved;  // From the CFA down.
  std::optional<int32_t> x29;    // From the CFA, where the function has set it.
};

bool operator==(const Frame& a, const Frame& b) { return a.cfa == b.cfa && a.saved == b.saved; }

std::ostream& operator<<(std::ostream& os, const Frame& frame) {
  os << "CFA sp+" << frame.cfa;
  for (const auto& [reg, value] : frame.saved) os << ", x" << reg << " at CFA-" << value;
  return os;
}

uint32_t Word(const char* bytes) {
  uint32_t value = 0;
  for (int i = 4; i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

// As the rows say, before the instruction at `pc`.
Frame Expected(const ObjectFunction& function, uint32_t pc) {
  Frame frame;
  for (uint32_t at = 0; at < pc; at += 4) {
    const uint32_t instruction = Word(reinterpret_cast<const char*>(&function.code[at]));
    if ((instruction & 0xFFC003FF) == 0x910003FD) {
      frame.x29 = static_cast<int32_t>(instruction >> 10 & 0xFFF) - frame.cfa;
    }
    for (const Row& row : function.rows) {
      if (row.offset_bytes != at + 4) continue;
      if (row.kind == Row::Kind::kCfa) frame.cfa = row.value;
      if (row.kind == Row::Kind::kSaved) frame.saved[row.reg] = row.value;
      if (row.kind == Row::Kind::kRestored) frame.saved.erase(row.reg);
      if (row.kind == Row::Kind::kRestored && row.reg == 29) frame.x29.reset();
    }
  }
  return frame;
}

size_t SizeOf(uint8_t code) {
  if (code < 0xC0) return 1;
  if (code < 0xE0 || code == 0xE2) return 2;
  return code == 0xE0 ? 4 : 1;
}

class Record {
 public:
  Record(std::string bytes, uint32_t size_bytes)
      : bytes_(std::move(bytes)), header_(Word(bytes_.data())), size_bytes_(size_bytes) {
    EXPECT_EQ((header_ & 0x3FFFF) * 4, size_bytes);
    EXPECT_EQ(header_ >> 18 & 7, 0U) << "version and exception data";
    EXPECT_EQ(bytes_.size(), 4 + 4 * (header_ >> 27));
  }

  // What its codes say where the function is at `pc`. `now` has x29.
  Frame At(uint32_t pc, const Frame& now) const {
    const size_t prologue = CountFrom(0, /*is_epilogue=*/false);
    if (pc < prologue * 4) return Execute(Skip(0, prologue - pc / 4), now);
    if ((header_ >> 21 & 1) != 0) {
      const size_t index = header_ >> 22 & 31;
      const auto begin =
          size_bytes_ - 4 * static_cast<uint32_t>(CountFrom(index, /*is_epilogue=*/true));
      if (pc >= begin) return Execute(Skip(index, (pc - begin) / 4), now);
    } else {
      EXPECT_EQ(header_ >> 22 & 31, 0U) << "no epilogue";
    }
    return Execute(0, now);
  }

 private:
  uint8_t At(size_t index) const { return static_cast<uint8_t>(bytes_.at(4 + index)); }

  // Instructions that codes stand for, an epilogue's ret included.
  size_t CountFrom(size_t index, bool is_epilogue) const {
    size_t count = 0;
    for (; At(index) != 0xE4; index += SizeOf(At(index))) ++count;
    return count + (is_epilogue ? 1 : 0);
  }

  size_t Skip(size_t index, size_t codes) const {
    while (codes-- > 0) index += SizeOf(At(index));
    return index;
  }

  Frame Execute(size_t index, const Frame& now) const {
    int32_t sp = 0;  // From sp as it is.
    std::map<int, int32_t> places;
    for (; At(index) != 0xE4; index += SizeOf(At(index))) {
      const int first = At(index);
      const int second = SizeOf(At(index)) > 1 ? At(index + 1) : 0;
      if (first < 0x20) {
        sp += 16 * first;
      } else if (first >= 0x40 && first < 0x80) {
        places[29] = sp + 8 * (first & 63);
        places[30] = places[29] + 8;
      } else if (first >= 0x80 && first < 0xC0) {
        places[29] = sp;
        places[30] = sp + 8;
        sp += 8 * ((first & 63) + 1);
      } else if ((first & 0xF8) == 0xC0) {
        sp += 16 * ((first & 7) << 8 | second);
      } else if (first == 0xE1 || first == 0xE2) {
        EXPECT_TRUE(now.x29.has_value()) << "x29 is not the function's";
        sp = now.cfa + now.x29.value_or(0) - 8 * second;
      } else {
        EXPECT_EQ(first, 0xE3);
      }
    }
    Frame frame;
    frame.cfa = sp;
    for (const auto& [saved, place] : places) frame.saved[saved] = sp - place;
    return frame;
  }

  std::string bytes_;
  uint32_t header_;
  uint32_t size_bytes_;
};

void ExpectRightEverywhere(const ObjectFunction& function) {
  SCOPED_TRACE(function.name);
  const absl::StatusOr<std::string> xdata = A64UnwindInfo(function);
  ASSERT_TRUE(xdata.ok()) << xdata.status();
  const auto size = static_cast<uint32_t>(function.code.size());
  if (xdata->empty()) {
    for (uint32_t pc = 0; pc < size; pc += 4) EXPECT_EQ(Expected(function, pc), Frame());
    return;
  }
  const Record record(*xdata, size);
  for (uint32_t pc = 0; pc < size; pc += 4) {
    const Frame expected = Expected(function, pc);
    EXPECT_EQ(record.At(pc, expected), expected) << "at " << pc;
  }
}

TEST(A64UnwindInfo, IsRightAtEveryInstruction) {
  for (const bool pads : {false, true}) {
    for (const ObjectFunction& function :
         CompiledObject(Target::kA64Windows, TypicalSymbols(), pads).functions) {
      ExpectRightEverywhere(function);
    }
  }
}

ObjectFunction Framed() {
  return CompiledObject(Target::kA64Windows, {{"checksum", "u64(u64,buffer,u32)"}}).functions[0];
}

void ExpectNoCode(const ObjectFunction& function) {
  const absl::Status status = A64UnwindInfo(function).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(status.message(), HasSubstr("no unwind code"));
  const auto details = GetErrorDetails(status);
  ASSERT_TRUE(details.has_value());
  EXPECT_EQ(details->reason, reason::kMalformedCode);
  EXPECT_EQ(details->field, "rows");
}

TEST(A64UnwindInfo, RefusesWhatHasNoCode) {
  ObjectFunction never_left = Framed();
  never_left.rows.resize(3);
  ExpectNoCode(never_left);

  ObjectFunction never_entered = Framed();
  never_entered.rows.erase(never_entered.rows.begin(), never_entered.rows.begin() + 3);
  ExpectNoCode(never_entered);

  ObjectFunction no_return = Framed();
  no_return.code.back() = 0x14;
  ExpectNoCode(no_return);

  ObjectFunction other_instruction = Framed();
  other_instruction.code[3] = 0x8B;  // No longer "sub sp, sp, 32".
  ExpectNoCode(other_instruction);
}

}  // namespace
}  // namespace springboard
