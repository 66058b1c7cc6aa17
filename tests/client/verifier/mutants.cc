#include "tests/client/verifier/mutants.h"

#include <algorithm>
#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "client/cli/disassembler.h"
#include "client/verifier/verifier.h"
#include "compiler/compile.h"
#include "tests/conformance/emulator.h"
#include "tests/support/signature_generator.h"

namespace springboard {
namespace {

constexpr int kExecutions = 3;
constexpr size_t kExamples = 5;

using Bytes = std::vector<uint8_t>;

// Instructions one by one; the callee's slot behind AArch64's code is the last.
std::vector<Bytes> Split(const Trampoline& trampoline) {
  std::vector<Bytes> pieces;
  const auto instructions = Disassemble(trampoline);
  if (!instructions.ok()) return pieces;
  for (const DisassembledInstruction& one : *instructions) {
    const std::string bytes = absl::HexStringToBytes(one.bytes);
    pieces.emplace_back(bytes.begin(), bytes.end());
  }
  return pieces;
}

// The piece that holds the callee's slot, and where in it.
struct Slot {
  size_t piece;
  uint32_t offset_bytes;
};

Slot FindSlot(const std::vector<Bytes>& pieces, uint32_t callee_offset_bytes) {
  uint32_t offset = 0;
  for (size_t i = 0; i < pieces.size(); ++i) {
    const auto size = static_cast<uint32_t>(pieces[i].size());
    if (callee_offset_bytes < offset + size) return {i, callee_offset_bytes - offset};
    offset += size;
  }
  return {0, 0};
}

class Mutator {
 public:
  Mutator(const Trampoline& trampoline, const Trampoline& other, std::mt19937_64& random)
      : trampoline_(trampoline),
        pieces_(Split(trampoline)),
        others_(Split(other)),
        slot_(FindSlot(pieces_, trampoline.relocation.callee_offset_bytes)),
        random_(random) {}

  Mutant FlipBit(size_t bit) const {
    Mutant mutant = Original();
    mutant.code[bit / 8] = static_cast<uint8_t>(mutant.code[bit / 8] ^ 1 << bit % 8);
    return mutant;
  }

  Mutant Random(Mutation mutation) {
    switch (mutation) {
      case Mutation::kSwap:
        return Swap();
      case Mutation::kDeletion:
        return Delete();
      case Mutation::kInsertion:
        return Insert();
      case Mutation::kRename:
        return Rename();
      case Mutation::kTruncation:
        return Truncate();
      case Mutation::kBitFlip:
        return FlipBit(Below(8 * trampoline_.code.size()));
    }
    return Original();
  }

 private:
  size_t Below(size_t bound) { return static_cast<size_t>(random_() % bound); }

  Mutant Original() const {
    return {{trampoline_.code.begin(), trampoline_.code.end()},
            trampoline_.relocation.callee_offset_bytes};
  }

  // Pieces in a new order; `slot` is where the one with the slot is now.
  Mutant Join(const std::vector<Bytes>& pieces, size_t slot) const {
    Mutant mutant = {{}, 0};
    for (size_t i = 0; i < pieces.size(); ++i) {
      if (i == slot) {
        mutant.callee_offset_bytes = static_cast<uint32_t>(mutant.code.size()) + slot_.offset_bytes;
      }
      mutant.code.insert(mutant.code.end(), pieces[i].begin(), pieces[i].end());
    }
    return mutant;
  }

  Mutant Swap() {
    std::vector<Bytes> pieces = pieces_;
    const size_t a = Below(pieces.size());
    const size_t b = random_() % 2 == 0 ? std::min(a + 1, pieces.size() - 1) : Below(pieces.size());
    std::swap(pieces[a], pieces[b]);
    size_t slot = slot_.piece;
    if (slot == a) {
      slot = b;
    } else if (slot == b) {
      slot = a;
    }
    return Join(pieces, slot);
  }

  Mutant Delete() {
    std::vector<Bytes> pieces = pieces_;
    const size_t gone = Below(pieces.size());
    pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(gone));
    return Join(pieces, slot_.piece - (gone < slot_.piece ? 1 : 0));
  }

  Mutant Insert() {
    std::vector<Bytes> pieces = pieces_;
    const std::vector<Bytes>& from = random_() % 2 == 0 && !others_.empty() ? others_ : pieces_;
    const size_t at = Below(pieces.size() + 1);
    pieces.insert(pieces.begin() + static_cast<std::ptrdiff_t>(at), from[Below(from.size())]);
    return Join(pieces, slot_.piece + (at <= slot_.piece ? 1 : 0));
  }

  // On AArch64 one of the four places where an instruction has a register; on x64 the low bits of
  // its last opcode byte or ModRM, and now and then the REX bits that extend them.
  Mutant Rename() {
    std::vector<Bytes> pieces = pieces_;
    Bytes& piece = pieces[Below(pieces.size())];
    if (Info(trampoline_.target).isa == Isa::kAArch64) {
      constexpr std::array<int, 4> kFields = {0, 5, 10, 16};
      const int shift = kFields[Below(4)];
      uint32_t word = 0;
      std::copy_n(piece.begin(), 4, reinterpret_cast<uint8_t*>(&word));
      word = (word & ~(uint32_t{31} << shift)) | static_cast<uint32_t>(Below(32)) << shift;
      std::copy_n(reinterpret_cast<const uint8_t*>(&word), 4, piece.begin());
    } else {
      const size_t byte = Below(std::min<size_t>(piece.size(), 5));
      const bool is_rex = (piece[byte] & 0xF0) == 0x40;
      const size_t mask = is_rex ? 0x05 : (random_() % 2 == 0 ? 0x07 : 0x38);
      piece[byte] = static_cast<uint8_t>((piece[byte] & ~mask) | (Below(64) & mask));
    }
    return Join(pieces, slot_.piece);
  }

  Mutant Truncate() {
    Mutant mutant = Original();
    mutant.code.resize(Below(mutant.code.size()));
    return mutant;
  }

  const Trampoline& trampoline_;
  const std::vector<Bytes> pieces_;
  const std::vector<Bytes> others_;
  const Slot slot_;
  std::mt19937_64& random_;
};

bool IsSame(const Mutant& mutant, const Trampoline& trampoline) {
  return mutant.callee_offset_bytes == trampoline.relocation.callee_offset_bytes &&
         std::equal(mutant.code.begin(), mutant.code.end(), trampoline.code.begin(),
                    trampoline.code.end());
}

std::string Hex(const Bytes& bytes) {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

}  // namespace

const char* Name(Mutation mutation) {
  constexpr std::array<const char*, kMutations> kNames = {"bit flip",  "swap",   "deletion",
                                                          "insertion", "rename", "truncation"};
  return kNames[static_cast<size_t>(mutation)];
}

void ForEachMutant(const Trampoline& trampoline, const Trampoline& other, int random_count,
                   std::mt19937_64& random,
                   const std::function<void(Mutation, const Mutant&)>& visit) {
  Mutator mutator(trampoline, other, random);
  for (size_t bit = 0; bit < 8 * trampoline.code.size(); ++bit) {
    visit(Mutation::kBitFlip, mutator.FlipBit(bit));
  }
  for (const Mutation mutation : {Mutation::kSwap, Mutation::kDeletion, Mutation::kInsertion,
                                  Mutation::kRename, Mutation::kTruncation}) {
    for (int i = 0; i < random_count; ++i) {
      const Mutant mutant = mutator.Random(mutation);
      if (!IsSame(mutant, trampoline)) visit(mutation, mutant);
    }
  }
}

MutantReport VerifyMutants(Target target, int signatures, int random_count, uint32_t seed) {
  MutantReport report;
  Emulator emulator(target);
  SignatureGenerator generator(seed);
  std::mt19937_64 random(seed);
  std::optional<Trampoline> previous;
  for (int i = 0; i < signatures; ++i) {
    const Signature signature = generator.Next();
    const absl::StatusOr<Trampoline> trampoline = Compile({signature, target});
    if (!trampoline.ok()) {
      report.examples.push_back(trampoline.status().ToString());
      continue;
    }
    ++report.trampolines;
    ForEachMutant(
        *trampoline, previous.value_or(*trampoline), random_count, random,
        [&](Mutation mutation, const Mutant& mutant) {
          MutantCounts& counts = report.counts[static_cast<size_t>(mutation)];
          ++counts.mutants;
          if (Verify(signature, target, trampoline->profile,
                     {mutant.code, mutant.callee_offset_bytes, trampoline->alignment_bytes})
                  .has_value()) {
            ++counts.rejected;
            return;
          }
          std::string problem;
          for (int run = 0; run < kExecutions && problem.empty(); ++run) {
            problem = emulator.Run(signature, mutant.code, mutant.callee_offset_bytes);
          }
          ++(problem.empty() ? counts.harmless : counts.false_accepts);
          if (!problem.empty() && report.examples.size() < kExamples) {
            report.examples.push_back(absl::StrFormat(
                "%s: springboard verify --target=%s --signature='%s' --callee-offset=%d "
                "--code=%s\n  %s",
                Name(mutation), Info(target).name, signature.ToString(), mutant.callee_offset_bytes,
                Hex(mutant.code), problem));
          }
        });
    previous = *trampoline;
  }
  return report;
}

void MutantReport::Add(const MutantReport& other) {
  trampolines += other.trampolines;
  for (size_t i = 0; i < counts.size(); ++i) {
    counts[i].mutants += other.counts[i].mutants;
    counts[i].rejected += other.counts[i].rejected;
    counts[i].harmless += other.counts[i].harmless;
    counts[i].false_accepts += other.counts[i].false_accepts;
  }
  examples.insert(examples.end(), other.examples.begin(), other.examples.end());
}

uint64_t MutantReport::false_accepts() const {
  uint64_t sum = 0;
  for (const MutantCounts& one : counts) sum += one.false_accepts;
  return sum;
}

std::string MutantReport::ToString() const {
  std::string text = absl::StrFormat("%-12s %12s %12s %20s %14s\n", "mutation", "mutants",
                                     "rejected", "accepted, harmless", "false accepts");
  MutantCounts sum;
  const auto row = [&](const char* name, const MutantCounts& one) {
    absl::StrAppendFormat(&text, "%-12s %12d %12d %20d %14d\n", name, one.mutants, one.rejected,
                          one.harmless, one.false_accepts);
  };
  for (size_t i = 0; i < counts.size(); ++i) {
    row(Name(static_cast<Mutation>(i)), counts[i]);
    sum.mutants += counts[i].mutants;
    sum.rejected += counts[i].rejected;
    sum.harmless += counts[i].harmless;
    sum.false_accepts += counts[i].false_accepts;
  }
  row("all", sum);
  return text;
}

}  // namespace springboard
