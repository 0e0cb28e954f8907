// A stream of bytes that can be looked at before it is read: what the readers of lists stand on.
#pragma once

#include <istream>
#include <memory>
#include <string>
#include <string_view>

namespace pharox::tools {

// Skips a UTF-8 byte order mark at the beginning. Not thread-safe.
class ByteSource {
 public:
  static constexpr int kEnd = -1;

  // Does not own the stream.
  explicit ByteSource(std::istream& in);

  // The next byte, or kEnd. Throws PharoxError when reading fails.
  int get() {
    if (at_ == size_ && !refill()) return kEnd;
    return static_cast<unsigned char>(buffer_[at_++]);
  }

  // The next byte without reading it, or kEnd.
  int peek() {
    if (at_ == size_ && !refill()) return kEnd;
    return static_cast<unsigned char>(buffer_[at_]);
  }

  // What is buffered: at the beginning, the first 64 KiB, or all there is.
  std::string_view lookahead() const { return {buffer_.get() + at_, size_ - at_}; }

 private:
  bool refill();

  std::istream& in_;
  const std::unique_ptr<char[]> buffer_;
  std::size_t at_ = 0;
  std::size_t size_ = 0;
};

// The file, or the standard input for "-". Throws PharoxError when it cannot be opened.
class InputFile {
 public:
  explicit InputFile(const std::string& name);
  std::istream& stream() { return file_ ? *file_ : standard_input(); }

 private:
  static std::istream& standard_input();
  std::unique_ptr<std::istream> file_;
};

}  // namespace pharox::tools
