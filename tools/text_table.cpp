#include "tools/text_table.h"

#include <algorithm>
#include <cassert>

namespace pharox::tools {

namespace {

// In code points, which is what a terminal shows for the texts that records hold.
std::size_t shown_width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char byte) { return (byte & '\xC0') != '\x80'; }));
}

}  // namespace

TextTable::TextTable(Output& out, std::vector<Column> columns)
    : out_(out), columns_(std::move(columns)) {
  std::vector<std::string> titles;
  for (const Column& column : columns_) titles.push_back(column.title);
  row(titles);
}

void TextTable::row(const std::vector<std::string>& cells) {
  assert(cells.size() == columns_.size());
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i != 0) line += "  ";
    const std::string cell = printable(cells[i]);
    const std::size_t width = shown_width(cell);
    const std::size_t wanted = std::max(columns_[i].width, columns_[i].title.size());
    const std::string padding(wanted - std::min(wanted, width), ' ');
    line += columns_[i].align == Align::right ? padding + cell : cell + padding;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  out_.line(line);
}

void print_table(Output& out, std::vector<Column> columns,
                 const std::vector<std::vector<std::string>>& rows) {
  for (const auto& cells : rows) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      columns[i].width = std::max(columns[i].width, shown_width(printable(cells[i])));
    }
  }
  TextTable table(out, std::move(columns));
  for (const auto& cells : rows) table.row(cells);
}

std::string printable(std::string_view text) {
  std::string safe;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F are control characters too, and two bytes in UTF-8.
    const bool c1 =
        byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (byte < 0x20 || byte == 0x7F) {
      safe += fmt::format("\\x{:02x}", byte);
    } else if (c1) {
      safe += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[++i]));
    } else {
      safe += text[i];
    }
  }
  return safe;
}

}  // namespace pharox::tools
