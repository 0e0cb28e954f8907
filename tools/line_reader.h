// Lines of bounded length: a file that is one endless line costs no memory.
#pragma once

#include <cstdint>
#include <string>

#include "tools/byte_source.h"

namespace pharox::tools {

class LineReader {
 public:
  enum class Result { line, too_long, end };

  LineReader(ByteSource& bytes, std::size_t max_bytes) : bytes_(bytes), max_bytes_(max_bytes) {}

  // The next line without its LF or CRLF. A longer one is skipped to its end.
  Result next(std::string& line) {
    line.clear();
    if (bytes_.peek() == ByteSource::kEnd) return Result::end;
    ++number_;
    bool too_long = false;
    for (int byte = bytes_.get(); byte != '\n' && byte != ByteSource::kEnd; byte = bytes_.get()) {
      if (line.size() == max_bytes_) {
        too_long = true;
      } else {
        line += static_cast<char>(byte);
      }
    }
    if (too_long) return Result::too_long;
    if (line.ends_with('\r')) line.pop_back();
    return Result::line;
  }

  // Of the line last read, counted from 1.
  std::uint64_t number() const { return number_; }

 private:
  ByteSource& bytes_;
  const std::size_t max_bytes_;
  std::uint64_t number_ = 0;
};

}  // namespace pharox::tools
