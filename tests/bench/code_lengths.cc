#include "tests/bench/code_lengths.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cli/disassembler.h"
#include "compiler/compile.h"
#include "tests/bench/clang_forwarders.h"
#include "tests/reference/corrected_reference.h"
#include "tests/support/signature_generator.h"

namespace springboard {
namespace {

constexpr int kSignatures = 2000;
constexpr uint64_t kSeed = 10;

absl::StatusOr<CodeLength> LengthOf(const Trampoline& trampoline) {
  const auto listing = Disassemble(trampoline);
  if (!listing.ok()) return listing.status();
  const bool has_literal = !listing->empty() && absl::StartsWith(listing->back().text, ".quad ");
  return CodeLength{listing->size() - (has_literal ? 1 : 0), trampoline.code.size()};
}

absl::StatusOr<ComparedCode> Compare(const Signature& signature, Target target, Trampoline clang) {
  absl::StatusOr<Trampoline> ours = Compile({signature, target});
  if (!ours.ok()) return ours.status();
  ComparedCode code = {signature,
                       *std::move(ours),
                       CompileAsCorrectedReference(signature, target),
                       std::move(clang),
                       {},
                       {},
                       {}};
  for (const auto& [trampoline, length] :
       {std::pair(&code.ours, &code.our_length), std::pair(&code.reference, &code.reference_length),
        std::pair(&code.clang, &code.clang_length)}) {
    const absl::StatusOr<CodeLength> measured = LengthOf(*trampoline);
    if (!measured.ok()) return measured.status();
    *length = *measured;
  }
  return code;
}

}  // namespace

std::string ComparedCode::Listing(const Trampoline& other) const {
  return absl::StrCat(signature.ToString(), " on ", ToString(ours.target), "\n ours\n",
                      DisassemblyListing(ours).value_or(""), " other\n",
                      DisassemblyListing(other).value_or(""));
}

std::vector<Signature> ComparedSignatures() {
  SignatureGenerator generator(kSeed);
  std::vector<Signature> signatures;
  for (int i = 0; i < kSignatures; ++i) signatures.push_back(generator.Next());
  return signatures;
}

absl::StatusOr<std::vector<ComparedCode>> CompareCode(const std::vector<Signature>& signatures,
                                                      Target target) {
  absl::StatusOr<std::vector<Trampoline>> forwarders = CompileForwarders(signatures, target);
  if (!forwarders.ok()) return forwarders.status();
  std::vector<ComparedCode> compared;
  for (size_t i = 0; i < signatures.size(); ++i) {
    absl::StatusOr<ComparedCode> code = Compare(signatures[i], target, std::move((*forwarders)[i]));
    if (!code.ok()) return code.status();
    compared.push_back(*std::move(code));
  }
  return compared;
}

}  // namespace springboard
