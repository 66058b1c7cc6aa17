#ifndef SPRINGBOARD_CLIENT_MANIFEST_STREAM_CURSOR_H_
#define SPRINGBOARD_CLIENT_MANIFEST_STREAM_CURSOR_H_

#include <cstddef>
#include <cstdint>
#include <istream>
#include <iterator>
#include <string>

namespace springboard {

// How far a parser has read a stream that does not fit memory. Thread-compatible.
class StreamCursor {
 public:
  // `input` must outlive this. More than `max_bytes` of it are not read.
  StreamCursor(std::istream& input, uint64_t max_bytes)
      : input_(*input.rdbuf()), max_bytes_(max_bytes) {
    Load();
  }
  StreamCursor(const StreamCursor&) = delete;
  StreamCursor& operator=(const StreamCursor&) = delete;

  // Of what is read next, from 1.
  int line() const { return line_; }
  // Whether there is more than may be read.
  bool is_too_large() const { return is_too_large_; }

  // The input of a parser: all of its copies move the cursor.
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    explicit Iterator(StreamCursor* cursor) : cursor_(cursor) {}
    const char& operator*() const { return cursor_->next_; }
    Iterator& operator++() {
      cursor_->Advance();
      return *this;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.AtEnd() == b.AtEnd(); }
    friend bool operator!=(const Iterator& a, const Iterator& b) { return !(a == b); }

   private:
    bool AtEnd() const { return cursor_ == nullptr || cursor_->is_at_end_; }

    StreamCursor* cursor_;  // Null: the end.
  };

  Iterator begin() { return Iterator(this); }
  Iterator end() { return Iterator(nullptr); }

 private:
  using Traits = std::char_traits<char>;

  void Advance() {
    if (next_ == '\n') ++line_;
    ++bytes_;
    input_.sbumpc();
    Load();
  }
  void Load() {
    const Traits::int_type next = input_.sgetc();
    is_at_end_ = Traits::eq_int_type(next, Traits::eof());
    if (is_at_end_) return;
    is_too_large_ = bytes_ == max_bytes_;
    is_at_end_ = is_too_large_;
    next_ = Traits::to_char_type(next);
  }

  std::streambuf& input_;
  const uint64_t max_bytes_;
  uint64_t bytes_ = 0;
  int line_ = 1;
  char next_ = 0;
  bool is_at_end_ = false;
  bool is_too_large_ = false;
};

}  // namespace springboard

#endif  // SPRINGBOARD_CLIENT_MANIFEST_STREAM_CURSOR_H_
