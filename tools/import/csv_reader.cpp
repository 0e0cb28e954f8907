#include "tools/import/csv_reader.h"

#include "pharox/errors.h"
#include "tools/import/import_row.h"

namespace pharox::tools {

namespace {
constexpr int kEnd = ByteSource::kEnd;
// A cell of one byte costs more memory than a byte.
constexpr std::size_t kMaxCells = 1'000;
}  // namespace

bool CsvReader::next(std::vector<std::string>& cells) {
  while (bytes_.peek() != kEnd) {
    cells.clear();
    record_line_ = line_;
    record_bytes_ = 0;
    int ended_by = ',';
    while (ended_by == ',') {
      if (cells.size() == kMaxCells) refuse("the row has too many cells", ended_by);
      cells.emplace_back();
      ended_by = read_cell(cells.back());
    }
    const bool blank = cells.size() == 1 && cells.front().empty();
    if (!blank) return true;
  }
  return false;
}

// One byte; the CR of a CRLF is dropped.
int CsvReader::take() {
  int byte = bytes_.get();
  if (byte == '\r' && bytes_.peek() == '\n') byte = bytes_.get();
  if (byte == '\n') ++line_;
  ++record_bytes_;
  return byte;
}

int CsvReader::read_cell(std::string& cell) {
  for (;;) {
    const int byte = take();
    if (byte == ',' || byte == '\n' || byte == kEnd) return byte;
    if (record_bytes_ > kMaxRowBytes) refuse("the row is too long", byte);
    if (byte == '"') {
      if (!cell.empty()) refuse("a quote stands inside an unquoted cell", byte);
      return read_quoted(cell);
    }
    cell += static_cast<char>(byte);
  }
}

int CsvReader::read_quoted(std::string& cell) {
  for (;;) {
    const int byte = take();
    if (byte == kEnd) refuse("a quoted cell is not closed", byte);
    if (record_bytes_ > kMaxRowBytes) refuse("the row is too long", byte);
    if (byte != '"') {
      cell += static_cast<char>(byte);
      continue;
    }
    const int after = take();
    if (after == ',' || after == '\n' || after == kEnd) return after;
    if (after != '"') refuse("there is text behind a quoted cell", after);
    cell += '"';
  }
}

void CsvReader::refuse(const char* reason, int last) {
  while (last != '\n' && last != kEnd) last = take();
  throw InvalidArgumentError(reason);
}

}  // namespace pharox::tools
