#include "client/manifest/text_manifest.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/manifest/place.h"
#include "client/manifest/symbol_rules.h"
#include "client/manifest/text_fields.h"
#include "client/manifest/text_pieces.h"
#include "compiler/error_details.h"
#include "springboard/v1/manifest.pb.h"

namespace springboard {
namespace {

using google::protobuf::TextFormat;
using Symbol = v1::Manifest::Symbol;
using Names = google::protobuf::RepeatedPtrField<std::string>;

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
    FirstError error;
    TextFormat::Parser parser;
    parser.RecordErrorsTo(&error);
    parser.SetRecursionLimit(kMaxDepth);
    if (!parser.ParseFromString(piece.text(), &message)) return SyntaxError(piece, error);
    return AddMessage(message, piece);
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
    const int line = piece.line() + std::max(error.line(), 0);
    const std::string field = FieldAt(piece.text(), error.line(), error.column(), before_);
    return MalformedManifest(Place(file_, line), field, Shown(error.message()));
  }

  absl::Status AddMessage(const v1::Manifest& message, const TextPieces& piece) {
    absl::Status status = AddFields(message, SymbolLines(piece.text()), piece.line());
    if (!status.ok()) {
      const std::string field = GetErrorDetails(status).value_or(ErrorDetails{}).field;
      const int line = piece.line() + LineOfField(piece.text(), field, before_);
      return AtPlace(status, Place(file_, line));
    }
    before_.symbols += message.symbol_size();
    before_.targets += message.target_size();
    return absl::OkStatus();
  }

  // Errors have the path of the field, and no place.
  absl::Status AddFields(const v1::Manifest& message, const std::vector<int>& symbol_lines,
                         int first_line) {
    absl::Status status = AddTargets(message.target(), before_.targets, targets_);
    if (!status.ok()) return status;
    if (message.has_profile()) {
      status = SetProfile(message.profile());
      if (!status.ok()) return status;
    }
    for (int i = 0; i < message.symbol_size(); ++i) {
      const size_t index = static_cast<size_t>(i);
      const int line = index < symbol_lines.size() ? symbol_lines[index] : 0;
      status = AddSymbol(message.symbol(i), first_line + line);
      if (!status.ok()) {
        return WithFieldPrefix(status, absl::StrCat("symbol[", before_.symbols + i, "]"));
      }
    }
    return absl::OkStatus();
  }

  static absl::Status AddTargets(const Names& names, int first, std::vector<Target>& targets) {
    for (int i = 0; i < names.size(); ++i) {
      const absl::StatusOr<Target> target = FindTarget(names[i]);
      if (!target.ok()) {
        return MakeError(target.status().code(), reason::kUnknownTarget,
                         absl::StrCat("target[", first + i, "]"), target.status().message());
      }
      targets.push_back(*target);
    }
    SortTargets(targets);
    return absl::OkStatus();
  }

  static absl::StatusOr<CallerProfile> FindProfile(const std::string& name) {
    const absl::StatusOr<CallerProfile> profile = FindCallerProfile(name);
    if (profile.ok()) return *profile;
    return MakeError(profile.status().code(), reason::kUnknownProfile, "profile",
                     profile.status().message());
  }

  absl::Status SetProfile(const std::string& name) {
    if (profile_.has_value()) {
      return MakeError(absl::StatusCode::kInvalidArgument, reason::kMalformedManifest, "profile",
                       "a manifest has one profile; got a second one");
    }
    const absl::StatusOr<CallerProfile> profile = FindProfile(name);
    if (!profile.ok()) return profile.status();
    profile_ = *profile;
    return absl::OkStatus();
  }

  absl::Status AddSymbol(const Symbol& symbol, int line) {
    absl::Status status = CheckSymbolCount(manifest_);
    if (!status.ok()) return status;
    status = CheckSymbolName(symbol.name());
    if (!status.ok()) return status;
    absl::StatusOr<Signature> signature = Signature::Parse(symbol.signature());
    if (!signature.ok()) return WithFieldPrefix(signature.status(), "signature");
    ManifestSymbol made = {
        symbol.name(), *std::move(signature), CallerProfile::kV8_10, {}, Place(file_, line)};
    status = AddTargets(symbol.target(), 0, made.targets);
    if (!status.ok()) return status;
    if (symbol.has_profile()) {
      const absl::StatusOr<CallerProfile> profile = FindProfile(symbol.profile());
      if (!profile.ok()) return profile.status();
      made.profile = *profile;
    }
    has_profile_.push_back(symbol.has_profile());
    manifest_.symbols.push_back(std::move(made));
    return absl::OkStatus();
  }

  const absl::string_view file_;
  Manifest manifest_;
  std::vector<bool> has_profile_;  // Of each symbol: its own.
  std::vector<Target> targets_;    // The file's.
  std::optional<CallerProfile> profile_;
  TextFieldCounts before_;  // This piece.
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
