#include "client/cli/trampoline_text.h"

#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "client/cli/disassembler.h"
#include "compiler/fast_api.h"

namespace springboard {
namespace {

absl::string_view CodeView(const Trampoline& trampoline) {
  return absl::string_view(reinterpret_cast<const char*>(trampoline.code.data()),
                           trampoline.code.size());
}

std::string FormatJson(const Trampoline& trampoline, const Signature& signature) {
  const FastApiTemplate fast_api = MakeFastApiTemplate(signature);
  nlohmann::ordered_json arguments = nlohmann::ordered_json::array();
  for (const FastApiType type : fast_api.arguments) {
    arguments.push_back(std::string(Name(type)));
  }
  const nlohmann::ordered_json json = {
      {"target", std::string(Info(trampoline.target).name)},
      {"signature", signature.ToString()},
      {"caller_profile", std::string(Info(trampoline.profile).name)},
      {"code", CodeHex(trampoline)},
      {"relocation",
       {{"kind", "absolute64"}, {"callee_offset", trampoline.relocation.callee_offset_bytes}}},
      {"alignment", trampoline.alignment_bytes},
      {"frame_bytes", trampoline.frame_bytes},
      {"is_tail_call", trampoline.is_tail_call},
      {"fast_api", {{"arguments", arguments}, {"result", std::string(Name(fast_api.result))}}},
      {"codegen_version", trampoline.codegen_version},
  };
  return json.dump(2) + "\n";
}

absl::StatusOr<std::string> FormatAsm(const Trampoline& trampoline, const Signature& signature) {
  const absl::StatusOr<std::string> listing = DisassemblyListing(trampoline);
  if (!listing.ok()) return listing.status();
  return absl::StrCat("; ", signature.ToString(), " for ", Info(trampoline.target).name, ": ",
                      trampoline.code.size(), " bytes, callee's address at ",
                      trampoline.relocation.callee_offset_bytes, ", ",
                      trampoline.is_tail_call
                          ? "tail call"
                          : absl::StrCat("frame of ", trampoline.frame_bytes, " bytes"),
                      "\n", *listing);
}

}  // namespace

std::string CodeHex(const Trampoline& trampoline) {
  return absl::BytesToHexString(CodeView(trampoline));
}

absl::StatusOr<std::string> FormatTrampoline(const Trampoline& trampoline,
                                             const Signature& signature, OutputFormat format) {
  switch (format) {
    case OutputFormat::kHex:
      return absl::StrCat(trampoline.relocation.callee_offset_bytes, "\t", CodeHex(trampoline),
                          "\n");
    case OutputFormat::kJson:
      return FormatJson(trampoline, signature);
    case OutputFormat::kAsm:
      return FormatAsm(trampoline, signature);
    case OutputFormat::kRaw:
      return std::string(CodeView(trampoline));
  }
  return absl::InternalError("unknown output format");
}

}  // namespace springboard
