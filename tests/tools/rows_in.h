// The rows of a list that stands in a string.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "tools/import/row_reader.h"

namespace pharox::tests {

struct ReadRows {
  std::vector<tools::ImportRow> good;
  std::vector<std::string> bad;  // "number: reason"
  std::vector<std::string> ignored;
  bool cut_off = false;
};

inline ReadRows rows_in(const std::string& text, tools::ListFormat format,
                        ProxyProtocol when_absent = ProxyProtocol::http) {
  std::istringstream in(text);
  tools::ByteSource bytes(in);
  const auto reader = tools::open_rows(bytes, format, when_absent);
  ReadRows rows;
  for (tools::ParsedRow parsed; reader->next(parsed);) {
    if (parsed.row) {
      rows.good.push_back(*parsed.row);
    } else {
      rows.bad.push_back(std::to_string(parsed.number) + ": " + parsed.error);
    }
  }
  rows.ignored.assign(reader->ignored().names().begin(), reader->ignored().names().end());
  rows.cut_off = reader->cut_off();
  return rows;
}

}  // namespace pharox::tests
