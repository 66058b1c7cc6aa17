#include "client/manifest/clang_dump.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/manifest/manifest.h"
#include "client/manifest/place.h"
#include "client/manifest/stream_cursor.h"
#include "compiler/error_details.h"

namespace springboard {
namespace {

using Json = nlohmann::json;

// Deeper than any expression in a header, and shallow enough for memory.
constexpr size_t kMaxDepth = 10000;

absl::Status WrongDump(absl::string_view message) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kWrongDump, "", message);
}

absl::Status TooLarge(absl::string_view message) {
  return MakeError(absl::StatusCode::kResourceExhausted, reason::kManifestTooLarge, "", message);
}

// Whether only C++ and Objective-C have such declarations.
bool IsNoC(const std::string& kind) {
  const bool has_prefix = absl::StartsWith(kind, "CXX") || absl::StartsWith(kind, "ObjC");
  return (has_prefix && absl::EndsWith(kind, "Decl")) || kind == "LinkageSpecDecl" ||
         kind == "NamespaceDecl";
}

// What is kept of an object of the dump while it is open. A node of the tree is one, with its
// location and its type as objects inside.
struct Node {
  std::string key;  // In the object around it; of an array's elements, the array's.
  std::string id;
  std::string kind;
  DumpedFunction function;  // Of declarations: name, place and type, whatever they declare.
  CEnum enumeration;
  std::string value;    // Of an expression, or of what it is about.
  std::string enum_id;  // Of a type, or of what it is about.
  bool is_implicit = false;
  bool is_included = false;  // Of a location.
};

// Follows a dump. Places are written when they change only, so each location matters.
class DumpReader final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return true; }
  bool boolean(bool value) override {
    if (open_.empty() || !value) return true;
    Node& node = open_.back();
    if (key_ == "isImplicit") node.is_implicit = true;
    if (key_ == "inline") node.function.is_inline = true;
    if (key_ == "variadic") node.function.is_variadic = true;
    if (key_ == "isInvalid") node.function.is_invalid = true;
    return true;
  }
  bool number_integer(number_integer_t /*value*/) override { return true; }
  bool number_unsigned(number_unsigned_t value) override {
    if (key_ == "line" && !open_.empty() && open_.back().key != "includedFrom") {
      line_ = static_cast<int>(value);
    }
    return true;
  }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return true; }
  bool binary(binary_t& /*value*/) override { return true; }

  bool string(string_t& value) override {
    if (open_.empty()) return true;
    Node& node = open_.back();
    if (key_ == "kind") node.kind = value;
    if (key_ == "id") node.id = value;
    if (key_ == "name") node.function.name = value;
    if (key_ == "mangledName") node.function.mangled = value;
    if (key_ == "storageClass") node.function.is_static = value == "static";
    if (key_ == "value") node.value = value;
    if (key_ == "qualType") node.function.type.printed = value;
    if (key_ == "desugaredQualType") node.function.type.desugared = value;
    if (key_ == "file" && node.key != "includedFrom") file_ = value;
    return true;
  }

  bool key(string_t& name) override {
    key_ = name;
    return true;
  }

  bool start_object(std::size_t /*elements*/) override {
    if (open_.size() >= kMaxDepth) {
      status_ = WrongDump(absl::StrCat("nested more than ", kMaxDepth, " deep"));
      return false;
    }
    Node node;
    node.key = arrays_.empty() || arrays_.back().depth != open_.size() ? key_ : arrays_.back().key;
    if (!open_.empty() && open_.back().kind == "FunctionDecl") ++functions_around_;
    open_.push_back(std::move(node));
    return true;
  }

  bool end_object() override {
    Node node = std::move(open_.back());
    open_.pop_back();
    if (open_.empty()) {
      is_translation_unit_ = arrays_.empty() && node.kind == "TranslationUnitDecl";
      return true;
    }
    if (open_.back().kind == "FunctionDecl") --functions_around_;
    Take(node, open_.back());
    return status_.ok();
  }

  bool start_array(std::size_t /*elements*/) override {
    if (arrays_.size() >= kMaxDepth) {
      status_ = WrongDump(absl::StrCat("nested more than ", kMaxDepth, " deep"));
      return false;
    }
    arrays_.push_back({open_.size(), key_});
    return true;
  }
  bool end_array() override {
    arrays_.pop_back();
    return true;
  }

  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& error) override {
    status_ =
        WrongDump(absl::StrCat("it is not what -ast-dump=json prints: ", Shown(error.what())));
    return false;
  }

  absl::StatusOr<ClangDump> Finish() {
    if (!status_.ok()) return status_;
    if (!is_translation_unit_) return WrongDump("it has no TranslationUnitDecl");
    if (has_other_language_) return WrongDump("it is one of C++ or Objective-C: clang -xc reads C");
    dump_.targets = Targets();
    if (dump_.targets.empty()) {
      return WrongDump(absl::StrCat("it is for a system that is no target: va_list is ",
                                    va_list_.empty() ? "unknown" : Shown(va_list_), ", size_t ",
                                    size_t_.empty() ? "unknown" : Shown(size_t_),
                                    has_int128_ ? "" : ", there is no __int128",
                                    has_prefix_ ? ", and names begin with _" : ""));
    }
    for (DumpedFunction& function : dump_.functions) {
      if (has_prefix_ && absl::StartsWith(function.mangled, "_")) function.mangled.erase(0, 1);
    }
    return std::move(dump_);
  }

  // Whether what is wrong is not in one place.
  bool has_read_all() const { return status_.ok() && is_translation_unit_; }

 private:
  struct Array {
    size_t depth;  // Of the objects around it.
    std::string key;
  };

  // A node that has ended tells the one around it.
  void Take(Node& node, Node& parent) {
    if (node.key == "includedFrom") {
      parent.is_included = true;
    } else if (node.key == "expansionLoc") {
      parent.is_included = node.is_included;
    } else if (node.key == "loc") {
      parent.function.file = file_;
      parent.function.line = line_;
      parent.function.is_included = node.is_included;
    } else if (node.key == "type") {
      parent.function.type = std::move(node.function.type);
    } else if (node.key == "fixedUnderlyingType") {
      const PrintedType& type = node.function.type;
      parent.enumeration.underlying = type.desugared.empty() ? type.printed : type.desugared;
    } else if (node.key == "decl" || node.key == "ownedTagDecl") {
      if (node.kind == "EnumDecl") parent.enum_id = node.id;
    } else if (node.key == "inner") {
      TakeChild(node, parent);
    }
  }

  void TakeChild(Node& node, Node& parent) {
    const bool is_at_file_scope = functions_around_ == 0;
    if (node.kind == "FunctionDecl") {
      if (is_at_file_scope && !node.is_implicit) TakeFunction(node);
    } else if (node.kind == "TypedefDecl") {
      if (is_at_file_scope) TakeTypedef(node);
    } else if (node.kind == "EnumDecl") {
      if (is_at_file_scope) TakeEnum(node);
    } else if (node.kind == "EnumConstantDecl") {
      parent.enumeration.is_defined = true;
      parent.enumeration.values.push_back(std::move(node.value));
    } else if (node.kind == "PackedAttr") {
      parent.enumeration.is_packed = true;
    } else if (node.kind == "ParmVarDecl") {
      parent.function.parameters.push_back(std::move(node.function.type));
      if (!node.function.strange_attribute.empty()) {
        parent.function.strange_attribute = std::move(node.function.strange_attribute);
      }
    } else if (node.kind == "PassObjectSizeAttr" || node.kind == "ReturnsTwiceAttr" ||
               node.kind == "EnableIfAttr") {
      parent.function.strange_attribute = node.kind;
    } else if (node.kind == "RecordDecl") {
      // Of Microsoft's compilers alone.
      if (node.is_implicit && node.function.name == "_GUID") dump_.types.set_are_enums_int(true);
    } else if (IsNoC(node.kind)) {
      has_other_language_ = true;
    }
    // An expression's value is in a ConstantExpr, maybe inside a cast.
    if (parent.value.empty()) parent.value = std::move(node.value);
    if (parent.enum_id.empty() && absl::EndsWith(node.kind, "Type")) {
      // A pointer to an enumeration is none.
      if (node.kind != "PointerType") parent.enum_id = std::move(node.enum_id);
    }
  }

  void TakeFunction(Node& node) {
    DumpedFunction& function = node.function;
    if (function.mangled.empty()) function.mangled = function.name;
    if (function.mangled == "_" + function.name) has_prefix_ = true;
    if (dump_.functions.size() >= Manifest::kMaxSymbols) {
      status_ = TooLarge(absl::StrCat("at most ", Manifest::kMaxSymbols, " functions"));
      return;
    }
    dump_.functions.push_back(std::move(function));
  }

  void TakeTypedef(Node& node) {
    const std::string& name = node.function.name;
    PrintedType& type = node.function.type;
    if (name == "__builtin_va_list") va_list_ = type.printed;
    if (name == "__int128_t") has_int128_ = true;
    if (name == "size_t") size_t_ = type.desugared.empty() ? type.printed : type.desugared;
    dump_.types.AddTypedef(name, std::move(type.printed), std::move(type.desugared),
                           std::move(node.enum_id));
  }

  void TakeEnum(Node& node) {
    node.enumeration.name = node.function.name;
    dump_.types.AddEnum(node.id, std::move(node.enumeration));
  }

  // A dump does not name its target. What va_list is, tells.
  std::vector<Target> Targets() const {
    std::vector<Target> targets;
    if (va_list_ == "char *" && has_prefix_) {
      targets = {Target::kA64Apple};
    } else if (va_list_ == "char *") {
      targets = {Target::kX64Windows, Target::kA64Windows};
    } else if (has_prefix_) {
      // macOS on x86-64.
    } else if (absl::StartsWith(va_list_, "struct __va_list_tag")) {
      targets = {Target::kX64SystemV};
    } else if (va_list_ == "struct __va_list" || va_list_ == "__va_list") {
      targets = {Target::kA64Linux};
    }
    const bool has_pointers_of_64_bits = has_int128_;
    if (targets.empty() || !has_pointers_of_64_bits) return {};
    // x32 has another one, and Cygwin.
    const bool is_long_64_bits = DataModelOf(targets.front()).is_long_64_bits;
    const absl::string_view size = is_long_64_bits ? "unsigned long" : "unsigned long long";
    if (!size_t_.empty() && size_t_ != size) return {};
    return targets;
  }

  absl::Status status_;
  ClangDump dump_;
  std::vector<Node> open_;
  std::vector<Array> arrays_;
  std::string key_;
  std::string file_;
  int line_ = 0;
  int functions_around_ = 0;
  bool is_translation_unit_ = false;
  bool has_int128_ = false;
  bool has_prefix_ = false;
  bool has_other_language_ = false;
  std::string va_list_;
  std::string size_t_;
};

}  // namespace

absl::StatusOr<ClangDump> ReadClangDump(std::istream& input, absl::string_view file,
                                        uint64_t max_bytes) {
  StreamCursor cursor(input, max_bytes);
  DumpReader reader;
  Json::sax_parse(cursor.begin(), cursor.end(), &reader);
  if (cursor.is_too_large()) {
    return AtPlace(TooLarge(absl::StrCat("a dump has at most ", max_bytes, " bytes")), file);
  }
  absl::StatusOr<ClangDump> dump = reader.Finish();
  if (dump.ok()) return dump;
  return AtPlace(dump.status(), reader.has_read_all() ? file : Place(file, cursor.line()));
}

}  // namespace springboard
