// The rows of a CSV list, whose header names its columns in any order.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/import/csv_reader.h"
#include "tools/import/row_reader.h"

namespace pharox::tools {

class CsvRows final : public RowReader {
 public:
  // Reads the header. Throws PharoxError when it names no host or no port.
  CsvRows(ByteSource& bytes, ProxyProtocol when_absent);

 private:
  bool read(ImportRow& row) override;

  CsvReader records_;
  std::vector<std::optional<Field>> columns_;  // empty: ignored
  std::vector<std::string> cells_;
};

}  // namespace pharox::tools
