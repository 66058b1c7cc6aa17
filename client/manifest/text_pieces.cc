#include "client/manifest/text_pieces.h"

namespace springboard {
namespace {

constexpr int kEnd = std::char_traits<char>::eof();

bool IsSpace(char c) { return c == ' ' || ('\t' <= c && c <= '\r'); }

}  // namespace

bool TextPieces::MayCutBefore(char c) const {
  // Between fields there may be one of these.
  return is_behind_message_ && !IsSpace(c) && c != '#' && c != ',' && c != ';' &&
         text_.size() >= kWantedBytes;
}

bool TextPieces::Next() {
  line_ += lines_;
  lines_ = 0;
  text_.clear();
  for (int next = input_.sgetc(); next != kEnd; next = input_.sgetc()) {
    const char c = std::char_traits<char>::to_char_type(next);
    if (MayCutBefore(c)) {
      is_behind_message_ = false;
      return true;
    }
    if (is_too_large()) return true;
    input_.sbumpc();
    if (c == '#') {
      SkipComment();
    } else {
      TakePlain(c);
    }
  }
  return !text_.empty();
}

void TextPieces::TakePlain(char c) {
  text_.push_back(c);
  if (c == '\n') ++lines_;
  if (IsSpace(c)) return;
  is_behind_message_ = false;
  if (c == '"' || c == '\'') {
    TakeString(c);
  } else if (c == '{' || c == '<' || c == '[') {
    ++depth_;
  } else if (c == '}' || c == '>' || c == ']') {
    if (depth_ > 0) --depth_;
    is_behind_message_ = depth_ == 0 && c != ']';
  }
}

void TextPieces::TakeString(char quote) {
  bool is_escaped = false;
  for (int next = input_.sgetc(); next != kEnd && next != '\n' && !is_too_large();
       next = input_.snextc()) {
    const char c = std::char_traits<char>::to_char_type(next);
    text_.push_back(c);
    if (c == quote && !is_escaped) {
      input_.sbumpc();
      return;
    }
    is_escaped = c == '\\' && !is_escaped;
  }
}

void TextPieces::SkipComment() {
  for (int next = input_.sgetc(); next != kEnd && next != '\n'; next = input_.snextc()) {
  }
}

}  // namespace springboard
