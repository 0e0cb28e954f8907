// Records of comma-separated values (RFC 4180): quoted cells may hold commas, quotes and line ends.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/byte_source.h"

namespace pharox::tools {

class CsvReader {
 public:
  explicit CsvReader(ByteSource& bytes) : bytes_(bytes) {}

  // The next record that is not a blank line; false at the end. Throws InvalidArgumentError for a
  // malformed one, one longer than kMaxRowBytes or of more than 1,000 cells; reading goes on behind
  // the end of its line.
  bool next(std::vector<std::string>& cells);

  // The line, counted from 1, on which the record last read began.
  std::uint64_t line_number() const { return record_line_; }

 private:
  int take();
  // Returns what ended the cell: ',', '\n' or ByteSource::kEnd.
  int read_cell(std::string& cell);
  int read_quoted(std::string& cell);
  [[noreturn]] void refuse(const char* reason, int last);

  ByteSource& bytes_;
  std::uint64_t line_ = 1;
  std::uint64_t record_line_ = 0;
  std::size_t record_bytes_ = 0;
};

}  // namespace pharox::tools
