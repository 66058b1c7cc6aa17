#ifndef SPRINGBOARD_CLIENT_MANIFEST_TEXT_PIECES_H_
#define SPRINGBOARD_CLIENT_MANIFEST_TEXT_PIECES_H_

#include <cstddef>
#include <istream>
#include <string>

namespace springboard {

// Cuts protobuf's text format into pieces of whole fields, which can be parsed one after the other:
// a manifest of a million symbols as one message takes gigabytes. Comments are dropped; lines stay.
// Thread-compatible.
class TextPieces {
 public:
  // A longer one is cut as soon as it can be: behind a message of the outermost level.
  static constexpr size_t kWantedBytes = 64 << 10;
  // One that cannot be cut is given up at this size, and is no text format any more.
  static constexpr size_t kMaxBytes = 16 << 20;

  // `input` must outlive this.
  explicit TextPieces(std::istream& input) : input_(*input.rdbuf()) {}

  // The next piece; false at the end of the input.
  bool Next();

  const std::string& text() const { return text_; }
  // Where the piece begins; the first is 1.
  int line() const { return line_; }
  bool is_too_large() const { return text_.size() > kMaxBytes; }

 private:
  // Takes one character that is in no string and no comment.
  void TakePlain(char c);
  // Takes the rest of a string or of a comment, to its end or that of the line.
  void TakeString(char quote);
  void SkipComment();
  // Before this character a piece may end.
  bool MayCutBefore(char c) const;

  std::streambuf& input_;
  std::string text_;
  int line_ = 1;
  int lines_ = 0;  // Of text_.
  int depth_ = 0;
  bool is_behind_message_ = false;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MANIFEST_TEXT_PIECES_H_
