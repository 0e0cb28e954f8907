// Aligned columns for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/output.h"

namespace pharox::tools {

enum class Align { left, right };

struct Column {
  std::string title;
  std::size_t width = 0;  // at least; a longer cell pushes its line to the right
  Align align = Align::left;
};

// Prints each row as it comes, in columns of fixed width: for lists of any length.
class TextTable {
 public:
  // Prints the titles.
  TextTable(Output& out, std::vector<Column> columns);

  // Requires one cell a column.
  void row(const std::vector<std::string>& cells);

 private:
  Output& out_;
  const std::vector<Column> columns_;
};

// A short list, in columns as wide as their longest cell.
void print_table(Output& out, std::vector<Column> columns,
                 const std::vector<std::vector<std::string>>& rows);

// The text without anything that could move a terminal's cursor: control characters become "\x1b".
std::string printable(std::string_view text);

}  // namespace pharox::tools
