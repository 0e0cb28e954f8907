// The rows of a list in any of the formats that the importer reads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tools/byte_source.h"
#include "tools/import/import_row.h"
#include "tools/import/row_fields.h"

namespace pharox::tools {

enum class ListFormat { urls, csv, json, jsonl };

std::optional<ListFormat> parse_list_format(std::string_view text);

// Decides by the first bytes of a list: an array or object of JSON, a line of comma-separated
// names of which one means a host, else URLs.
ListFormat detect_format(std::string_view beginning);

struct ParsedRow {
  std::uint64_t number = 0;      // of its line; of the element in a JSON array
  std::optional<ImportRow> row;  // complete; empty for a bad row
  std::string error;             // why it is bad, without any password
};

class RowReader {
 public:
  // `when_absent` is the protocol of rows that name none.
  explicit RowReader(ProxyProtocol when_absent) : when_absent_(when_absent) {}
  virtual ~RowReader() = default;

  // The next row, good or bad; false at the end. Throws PharoxError when the list as a whole
  // cannot be read.
  bool next(ParsedRow& parsed);

  // Whether the list ended in the middle of itself: its last row was bad, and more are missing.
  bool cut_off() const { return cut_off_; }

  const IgnoredNames& ignored() const { return ignored_; }

 protected:
  // Reads one row; false at the end. Sets number_ first. Throws InvalidArgumentError for a bad row.
  virtual bool read(ImportRow& row) = 0;

  std::uint64_t number_ = 0;
  bool cut_off_ = false;
  IgnoredNames ignored_;

 private:
  const ProxyProtocol when_absent_;
};

// `bytes` must outlive the reader.
std::unique_ptr<RowReader> open_rows(ByteSource& bytes, ListFormat format,
                                     ProxyProtocol when_absent);

}  // namespace pharox::tools
