#include "client/manifest/header_manifest.h"

#include <cstddef>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "client/manifest/clang_dump.h"
#include "client/manifest/place.h"
#include "client/manifest/symbol_rules.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

absl::Status LeftOut(absl::string_view reason) { return absl::UnimplementedError(reason); }

// The first of two attempts to make something of a type, by what the header says and by what that
// is defined as; if both fail, the error of the first.
template <typename Parse>
auto ParseType(const PrintedType& type, const Parse& parse) {
  auto result = parse(type.printed);
  if (result.ok() || type.desugared.empty()) return result;
  auto desugared = parse(type.desugared);
  return desugared.ok() ? desugared : result;
}

// The declarations of one function. Headers repeat them: a prototype may follow one without, a name
// for linkers one without, and a definition for inlining that of the function in the library.
struct Function {
  const DumpedFunction* declared;
  bool is_inline;  // All of them are.
  bool is_static;  // One of them is, and so are the others.

  void Add(const DumpedFunction& other) {
    if (declared->parameters.empty() || other.mangled != other.name) declared = &other;
    is_inline = is_inline && other.is_inline;
    is_static = is_static || other.is_static;
  }
};

class HeaderReader {
 public:
  explicit HeaderReader(const ClangDump& dump)
      : dump_(dump), model_(DataModelOf(dump.targets.front())) {}

  // Error: UNIMPLEMENTED with the reason why a function has no trampoline.
  absl::StatusOr<Signature> SignatureOf(const Function& function) const {
    const DumpedFunction& declared = *function.declared;
    absl::Status status = CheckLinkage(function);
    if (!status.ok()) return status;
    if (declared.is_variadic) return LeftOut("takes a variable number of arguments");
    if (!declared.strange_attribute.empty()) {
      return LeftOut(absl::StrCat("has clang's ", declared.strange_attribute));
    }
    const absl::StatusOr<CFunctionType> type = ParseType(declared.type, ParseCFunctionType);
    if (!type.ok()) return LeftOut(absl::StrCat("has the type ", declared.type.printed));
    status = CheckCallingConvention(*type);
    if (!status.ok()) return status;
    const absl::StatusOr<NativeType> result = ResultOf(*type);
    if (!result.ok()) return LeftOut(absl::StrCat("returns ", result.status().message()));
    absl::InlinedVector<NativeType, 32> parameters;
    for (const PrintedType& parameter : declared.parameters) {
      const absl::StatusOr<NativeType> found = Find(parameter);
      if (!found.ok()) return LeftOut(absl::StrCat("takes ", found.status().message()));
      parameters.push_back(*found);
    }
    absl::StatusOr<Signature> signature = Signature::Create(parameters, *result);
    if (!signature.ok()) return LeftOut(signature.status().message());
    return signature;
  }

 private:
  static absl::Status CheckLinkage(const Function& function) {
    const DumpedFunction& declared = *function.declared;
    if (declared.is_invalid) return LeftOut("clang found an error in it");
    if (function.is_static) return LeftOut("is static");
    if (function.is_inline) return LeftOut("is inline");
    if (declared.mangled != declared.name) {
      return LeftOut(absl::StrCat("linkers know it as ", declared.mangled));
    }
    return absl::OkStatus();
  }

  static absl::Status CheckCallingConvention(const CFunctionType& type) {
    if (!type.has_prototype) return LeftOut("has no prototype: f(void) takes nothing");
    for (const std::string& attribute : type.attributes) {
      if (attribute == "noreturn" || attribute == "cdecl") continue;
      return LeftOut(absl::StrCat("has the attribute ", attribute));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<NativeType> ResultOf(const CFunctionType& type) const {
    if (type.result.empty()) return type.pointer_result;
    return dump_.types.Find(type.result, model_);
  }

  absl::StatusOr<NativeType> Find(const PrintedType& type) const {
    return ParseType(type, [&](const std::string& text) { return dump_.types.Find(text, model_); });
  }

  const ClangDump& dump_;
  const CDataModel model_;
};

// The functions that are wanted, each once, in the order of their first declarations.
std::vector<Function> Functions(const ClangDump& dump, const HeaderOptions& options) {
  std::vector<Function> functions;
  std::unordered_map<std::string, size_t> by_name;
  for (const DumpedFunction& declared : dump.functions) {
    if (declared.is_included && !options.has_included) continue;
    const auto [known, is_new] = by_name.try_emplace(declared.name, functions.size());
    if (is_new) {
      functions.push_back({&declared, declared.is_inline, declared.is_static});
    } else {
      functions[known->second].Add(declared);
    }
  }
  return functions;
}

absl::Status AddFunction(const HeaderReader& reader, const Function& function,
                         const std::vector<Target>& targets, Manifest& manifest) {
  const DumpedFunction& declared = *function.declared;
  const std::string place = Place(Shown(declared.file), declared.line);
  absl::StatusOr<Signature> signature = reader.SignatureOf(function);
  if (!signature.ok()) {
    manifest.left_out.push_back(
        absl::StrCat(place, ": ", Shown(declared.name), ": ", Shown(signature.status().message())));
    return absl::OkStatus();
  }
  absl::Status status = CheckSymbolName(declared.name);
  if (!status.ok()) return AtPlace(status, place);
  manifest.symbols.push_back(
      {declared.name, *std::move(signature), CallerProfile::kV8_10, targets, place});
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Manifest> ReadHeaderManifest(std::istream& input, absl::string_view file,
                                            const HeaderOptions& options) {
  const absl::StatusOr<ClangDump> dump = ReadClangDump(input, file, options.max_bytes);
  if (!dump.ok()) return dump.status();
  const std::vector<Function> functions = Functions(*dump, options);
  if (functions.empty() && !dump->functions.empty()) {
    return MalformedManifest(
        file, "",
        absl::StrCat("the header has no functions of its own, and ", dump->functions.size(),
                     " in what it includes: --manifest-included takes those"),
        reason::kWrongDump);
  }
  const HeaderReader reader(*dump);
  Manifest manifest;
  for (const Function& function : functions) {
    absl::Status status = AddFunction(reader, function, dump->targets, manifest);
    if (!status.ok()) return status;
  }
  return manifest;
}

}  // namespace springboard
