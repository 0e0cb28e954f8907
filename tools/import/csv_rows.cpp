#include "tools/import/csv_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "pharox/errors.h"

namespace pharox::tools {

CsvRows::CsvRows(ByteSource& bytes, ProxyProtocol when_absent)
    : RowReader(when_absent), records_(bytes) {
  try {
    if (!records_.next(cells_)) return;  // an empty list has no rows
  } catch (const InvalidArgumentError& error) {
    throw PharoxError(fmt::format("the header cannot be read: {}", error.what()));
  }
  for (const std::string& name : cells_) {
    columns_.push_back(field_named(name));
    if (!columns_.back()) ignored_.add(name);
  }
  const auto has = [this](Field field) {
    return std::find(columns_.begin(), columns_.end(), field) != columns_.end();
  };
  if (!has(Field::host)) throw PharoxError("the header has no column for the host");
  if (!has(Field::port)) throw PharoxError("the header has no column for the port");
}

bool CsvRows::read(ImportRow& row) {
  bool more = false;
  try {
    more = records_.next(cells_);
  } catch (const InvalidArgumentError&) {
    number_ = records_.line_number();
    throw;
  }
  if (!more) return false;
  number_ = records_.line_number();
  if (cells_.size() != columns_.size()) {
    throw InvalidArgumentError(
        fmt::format("the row has {} cells, the header {}", cells_.size(), columns_.size()));
  }
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    if (columns_[i]) set_field(row, *columns_[i], cells_[i]);
  }
  return true;
}

}  // namespace pharox::tools
