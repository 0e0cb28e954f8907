#include "tools/import/json_array_reader.h"

#include "pharox/errors.h"
#include "tools/import/import_row.h"

namespace pharox::tools {

namespace {

bool is_white(int byte) { return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r'; }

// Follows strings and nesting through the bytes of one element.
class Nesting {
 public:
  // Whether the element may end here.
  bool is_closed() const { return !in_string_ && depth_ == 0; }

  void take(int byte) {
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (byte == '\\') {
        escaped_ = true;
      } else if (byte == '"') {
        in_string_ = false;
      }
      return;
    }
    if (byte == '"') in_string_ = true;
    if (byte == '{' || byte == '[') ++depth_;
    // Too many closing brackets are the parser's to refuse; here they must not end the array.
    if ((byte == '}' || byte == ']') && depth_ > 0) --depth_;
  }

 private:
  std::uint64_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
};

}  // namespace

int JsonArrayReader::skip_white() {
  while (is_white(bytes_.peek())) bytes_.get();
  return bytes_.peek();
}

void JsonArrayReader::open_array() {
  if (skip_white() != '[') throw PharoxError("the input is not a JSON array");
  bytes_.get();
  opened_ = true;
}

JsonArrayReader::Result JsonArrayReader::close_array() {
  bytes_.get();
  closed_ = true;
  if (skip_white() != ByteSource::kEnd) throw PharoxError("there is text behind the JSON array");
  return Result::end;
}

// False when the input ends before the element does.
bool JsonArrayReader::read_element(std::string& element, bool& too_long) {
  Nesting nesting;
  for (int byte = bytes_.peek(); !nesting.is_closed() || (byte != ',' && byte != ']');
       byte = bytes_.peek()) {
    // A whole element at the very end is one; that the array is not, the next call will see.
    if (byte == ByteSource::kEnd) return nesting.is_closed() && !element.empty();
    nesting.take(bytes_.get());
    if (element.size() == kMaxRowBytes) {
      too_long = true;
    } else {
      element += static_cast<char>(byte);
    }
  }
  return true;
}

JsonArrayReader::Result JsonArrayReader::next(std::string& element) {
  element.clear();
  if (closed_) return Result::end;
  if (!opened_) {
    open_array();
    if (skip_white() == ']') return close_array();
  } else {
    if (skip_white() == ']') return close_array();
    if (bytes_.peek() == ',') bytes_.get();
  }
  ++number_;
  bool too_long = false;
  skip_white();
  if (!read_element(element, too_long)) {
    closed_ = true;
    return Result::cut_off;
  }
  return too_long ? Result::too_long : Result::element;
}

}  // namespace pharox::tools
