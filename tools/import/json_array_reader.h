// The elements of a JSON array as texts, one at a time, so that an array of any length is read in
// the memory of its longest element.
#pragma once

#include <cstdint>
#include <string>

#include "tools/byte_source.h"

namespace pharox::tools {

// Splits at the commas of the outermost level; whether an element is well-formed is for the JSON
// parser to say, which then costs that element and not the rest of the array.
class JsonArrayReader {
 public:
  enum class Result {
    element,
    too_long,  // longer than kMaxRowBytes, and skipped
    cut_off,   // the input ends inside the array
    end,
  };

  explicit JsonArrayReader(ByteSource& bytes) : bytes_(bytes) {}

  // Throws PharoxError when the input is no array, or goes on behind it.
  Result next(std::string& element);

  // Of the element last read, counted from 1.
  std::uint64_t number() const { return number_; }

 private:
  int skip_white();
  void open_array();
  Result close_array();
  bool read_element(std::string& element, bool& too_long);

  ByteSource& bytes_;
  std::uint64_t number_ = 0;
  bool opened_ = false;
  bool closed_ = false;
};

}  // namespace pharox::tools
