#ifndef SPRINGBOARD_CLIENT_JSON_LINES_H_
#define SPRINGBOARD_CLIENT_JSON_LINES_H_

#include <cstddef>
#include <iterator>

#include "absl/strings/string_view.h"

namespace springboard {

// How far a parser has read a text. nlohmann's has no places; it reads a character at a time, and
// of numbers alone one more than they have.
class JsonCursor {
 public:
  // `text` must outlive this, and begins in `line`.
  explicit JsonCursor(absl::string_view text, int line = 1) : text_(text), line_(line) {}
  JsonCursor(const JsonCursor&) = delete;
  JsonCursor& operator=(const JsonCursor&) = delete;

  // What was read last is in this line.
  int line() const { return line_ - (offset_ > 0 && text_[offset_ - 1] == '\n' ? 1 : 0); }
  size_t offset() const { return offset_; }

  // The input of a parser: all of its copies move the cursor.
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    explicit Iterator(JsonCursor* cursor) : cursor_(cursor) {}
    const char& operator*() const { return cursor_->text_[cursor_->offset_]; }
    Iterator& operator++() {
      if (**this == '\n') ++cursor_->line_;
      ++cursor_->offset_;
      return *this;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.AtEnd() == b.AtEnd(); }
    friend bool operator!=(const Iterator& a, const Iterator& b) { return !(a == b); }

   private:
    bool AtEnd() const { return cursor_ == nullptr || cursor_->offset_ == cursor_->text_.size(); }

    JsonCursor* cursor_;  // Null: the end.
  };

  Iterator begin() { return Iterator(this); }
  Iterator end() { return Iterator(nullptr); }

 private:
  absl::string_view text_;
  size_t offset_ = 0;
  int line_;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_JSON_LINES_H_
