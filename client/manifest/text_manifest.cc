#include "client/manifest/text_manifest.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/manifest/place.h"
#include "client/manifest/symbol_rules.h"
#include "client/manifest/text_field_path.h"
#include "client/manifest/text_pieces.h"
#include "compiler/error_details.h"
#include "springboard/v1/manifest.pb.h"

namespace springboard {
namespace {

using google::protobuf::TextFormat;
using Symbol = v1::Manifest::Symbol;

// Where the parser puts its first error.
class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    if (!message_.empty()) return;
    line_ = line;
    column_ = column;
    message_ = message;
  }

  // Counted from 0; -1 for the text as a whole.
  int line() const { return line_; }
  int column() const { return column_; }
  const std::string& message() const { return message_; }

 private:
  int line_ = -1;
  int column_ = -1;
  std::string message_;
};

// One message of the text: where its fields are.
class Lines {
 public:
  // `tree` may be null, and `first` is the line that the text begins with.
  Lines(const TextFormat::ParseInfoTree* tree, const google::protobuf::Descriptor* type, int first)
      : tree_(tree), type_(*type), first_(first) {}

  // Of the index-th value of a field; -1 for a field that is not repeated.
  int Of(int field_number, int index) const {
    if (tree_ == nullptr) return first_;
    const int line = tree_->GetLocation(type_.FindFieldByNumber(field_number), index).line;
    return line < 0 ? 0 : first_ + line;
  }

  Lines In(int field_number, int index) const {
    const google::protobuf::FieldDescriptor* field = type_.FindFieldByNumber(field_number);
    return Lines(tree_ == nullptr ? nullptr : tree_->GetTreeForNested(field, index),
                 field->message_type(), first_);
  }

 private:
  const TextFormat::ParseInfoTree* tree_;
  const google::protobuf::Descriptor& type_;
  int first_;
};

// Builds a manifest from the pieces of a text.
class TextReader {
 public:
  explicit TextReader(absl::string_view file) : file_(file) {}

  absl::Status Add(const TextPieces& piece) {
    if (piece.is_too_large()) {
      return MalformedManifest(
          Place(file_, piece.line()), "",
          absl::StrCat("a field of the manifest has at most ", TextPieces::kMaxBytes, " bytes"));
    }
    v1::Manifest message;
    TextFormat::ParseInfoTree tree;
    FirstError error;
    TextFormat::Parser parser;
    parser.RecordErrorsTo(&error);
    parser.WriteLocationsTo(&tree);
    parser.SetRecursionLimit(kMaxDepth);
    if (!parser.ParseFromString(piece.text(), &message)) return SyntaxError(piece, error);
    return AddMessage(message, Lines(&tree, v1::Manifest::descriptor(), piece.line()));
  }

  absl::StatusOr<Manifest> Finish() {
    SortTargets(targets_);
    for (size_t i = 0; i < manifest_.symbols.size(); ++i) {
      ManifestSymbol& symbol = manifest_.symbols[i];
      if (symbol.targets.empty()) symbol.targets = targets_;
      if (!has_profile_[i] && profile_.has_value()) symbol.profile = *profile_;
    }
    absl::Status status = KeepEachOnce(manifest_);
    if (!status.ok()) return status;
    return std::move(manifest_);
  }

 private:
  static constexpr int kMaxDepth = 8;

  absl::Status SyntaxError(const TextPieces& piece, const FirstError& error) const {
    const int line = error.line() < 0 ? piece.line() : piece.line() + error.line();
    const std::string field =
        error.line() < 0 ? ""
                         : TextFieldPath(piece.text(), error.line(), error.column(), SymbolCount());
    return MalformedManifest(Place(file_, line), field, Shown(error.message()));
  }

  absl::Status AddMessage(const v1::Manifest& message, const Lines& lines) {
    for (int i = 0; i < message.target_size(); ++i) {
      absl::Status status =
          AddTarget(message.target(i), absl::StrCat("target[", target_count_++, "]"),
                    lines.Of(v1::Manifest::kTargetFieldNumber, i), targets_);
      if (!status.ok()) return status;
    }
    if (message.has_profile()) {
      absl::Status status =
          SetProfile(message.profile(), lines.Of(v1::Manifest::kProfileFieldNumber, -1));
      if (!status.ok()) return status;
    }
    for (int i = 0; i < message.symbol_size(); ++i) {
      const int line = lines.Of(v1::Manifest::kSymbolFieldNumber, i);
      absl::Status status =
          AddSymbol(message.symbol(i), line, lines.In(v1::Manifest::kSymbolFieldNumber, i));
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status AddTarget(const std::string& name, absl::string_view field, int line,
                         std::vector<Target>& targets) const {
    const absl::StatusOr<Target> target = FindTarget(name);
    if (!target.ok()) {
      return MalformedManifest(Place(file_, line), field, target.status().message(),
                               reason::kUnknownTarget);
    }
    // There is one of each, however often it is written.
    if (targets.size() >= kMaxTargetsUnsorted) SortTargets(targets);
    targets.push_back(*target);
    return absl::OkStatus();
  }

  absl::StatusOr<CallerProfile> FindProfile(const std::string& name, absl::string_view field,
                                            int line) const {
    const absl::StatusOr<CallerProfile> profile = FindCallerProfile(name);
    if (profile.ok()) return *profile;
    return MalformedManifest(Place(file_, line), field, profile.status().message(),
                             reason::kUnknownProfile);
  }

  absl::Status SetProfile(const std::string& name, int line) {
    if (profile_.has_value()) {
      return MalformedManifest(Place(file_, line), "profile",
                               "a manifest has one profile; got a second one");
    }
    const absl::StatusOr<CallerProfile> profile = FindProfile(name, "profile", line);
    if (!profile.ok()) return profile.status();
    profile_ = *profile;
    return absl::OkStatus();
  }

  absl::Status AddSymbol(const Symbol& symbol, int line, const Lines& lines) {
    const std::string field = absl::StrCat("symbol[", SymbolCount(), "]");
    const auto at = [&](const absl::Status& status, int field_number) {
      const int own_line = lines.Of(field_number, -1);
      return AtPlace(WithFieldPrefix(status, field), Place(file_, own_line > 0 ? own_line : line));
    };
    absl::Status status = CheckSymbolCount(manifest_);
    if (!status.ok()) return AtPlace(status, Place(file_, line));
    status = CheckSymbolName(symbol.name());
    if (!status.ok()) return at(status, Symbol::kNameFieldNumber);
    absl::StatusOr<Signature> signature = Signature::Parse(symbol.signature());
    if (!signature.ok()) {
      return at(WithFieldPrefix(signature.status(), "signature"), Symbol::kSignatureFieldNumber);
    }
    ManifestSymbol made = {
        symbol.name(), *std::move(signature), CallerProfile::kV8_10, {}, Place(file_, line)};
    for (int i = 0; i < symbol.target_size(); ++i) {
      status = AddTarget(symbol.target(i), absl::StrCat(field, ".target[", i, "]"),
                         lines.Of(Symbol::kTargetFieldNumber, i), made.targets);
      if (!status.ok()) return status;
    }
    SortTargets(made.targets);
    if (symbol.has_profile()) {
      const absl::StatusOr<CallerProfile> profile =
          FindProfile(symbol.profile(), absl::StrCat(field, ".profile"),
                      lines.Of(Symbol::kProfileFieldNumber, -1));
      if (!profile.ok()) return profile.status();
      made.profile = *profile;
    }
    has_profile_.push_back(symbol.has_profile());
    manifest_.symbols.push_back(std::move(made));
    return absl::OkStatus();
  }

  size_t SymbolCount() const { return manifest_.symbols.size(); }

  static constexpr size_t kMaxTargetsUnsorted = 1000;

  const absl::string_view file_;
  Manifest manifest_;
  std::vector<bool> has_profile_;  // Of each symbol: its own.
  std::vector<Target> targets_;    // The file's.
  size_t target_count_ = 0;        // As they are written.
  std::optional<CallerProfile> profile_;
};

}  // namespace

absl::StatusOr<Manifest> ReadTextManifest(std::istream& input, absl::string_view file) {
  TextReader reader(file);
  TextPieces pieces(input);
  while (pieces.Next()) {
    absl::Status status = reader.Add(pieces);
    if (!status.ok()) return status;
  }
  return reader.Finish();
}

}  // namespace springboard
