#include "tools/import/row_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "pharox/errors.h"
#include "tools/import/csv_rows.h"
#include "tools/import/json_array_reader.h"
#include "tools/import/json_row.h"
#include "tools/import/url_line.h"
#include "tools/line_reader.h"

namespace pharox::tools {

namespace {

constexpr const char* kTooLong = "the row is longer than 64 KiB";

class UrlRows final : public RowReader {
 public:
  UrlRows(ByteSource& bytes, ProxyProtocol when_absent)
      : RowReader(when_absent), lines_(bytes, kMaxRowBytes) {}

 private:
  bool read(ImportRow& row) override {
    for (;;) {
      const auto result = lines_.next(line_);
      if (result == LineReader::Result::end) return false;
      number_ = lines_.number();
      if (result == LineReader::Result::too_long) throw InvalidArgumentError(kTooLong);
      if (auto parsed = parse_url_line(line_)) {
        row = *std::move(parsed);
        return true;
      }
    }
  }

  LineReader lines_;
  std::string line_;
};

class JsonLineRows final : public RowReader {
 public:
  JsonLineRows(ByteSource& bytes, ProxyProtocol when_absent)
      : RowReader(when_absent), lines_(bytes, kMaxRowBytes) {}

 private:
  bool read(ImportRow& row) override {
    do {
      const auto result = lines_.next(line_);
      if (result == LineReader::Result::end) return false;
      number_ = lines_.number();
      if (result == LineReader::Result::too_long) throw InvalidArgumentError(kTooLong);
    } while (trimmed(line_).empty());
    row = parse_json_row(line_, ignored_);
    return true;
  }

  LineReader lines_;
  std::string line_;
};

class JsonElements final : public RowReader {
 public:
  JsonElements(ByteSource& bytes, ProxyProtocol when_absent)
      : RowReader(when_absent), elements_(bytes) {}

 private:
  bool read(ImportRow& row) override {
    const auto result = elements_.next(element_);
    if (result == JsonArrayReader::Result::end) return false;
    number_ = elements_.number();
    if (result == JsonArrayReader::Result::too_long) throw InvalidArgumentError(kTooLong);
    if (result == JsonArrayReader::Result::cut_off) {
      cut_off_ = true;
      throw InvalidArgumentError("the input ends inside the JSON array");
    }
    row = parse_json_row(element_, ignored_);
    return true;
  }

  JsonArrayReader elements_;
  std::string element_;
};

// "[" begins an array, or the IPv6 address of a URL list.
bool begins_array(std::string_view text) {
  const std::string_view inside = trimmed(text.substr(1));
  return inside.empty() || inside.front() == '{' || inside.front() == ']' ||
         inside.front() == '[' || inside.front() == '"';
}

bool is_csv_header(std::string_view line) {
  if (line.find(',') == std::string_view::npos) return false;
  for (std::size_t from = 0; from <= line.size();) {
    const std::size_t comma = std::min(line.find(',', from), line.size());
    std::string_view cell = trimmed(line.substr(from, comma - from));
    if (cell.size() >= 2 && cell.front() == '"' && cell.back() == '"') {
      cell = cell.substr(1, cell.size() - 2);
    }
    if (field_named(cell) == Field::host) return true;
    from = comma + 1;
  }
  return false;
}

}  // namespace

std::optional<ListFormat> parse_list_format(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, ListFormat>, 4> kFormatNames{{
      {"urls", ListFormat::urls},
      {"csv", ListFormat::csv},
      {"json", ListFormat::json},
      {"jsonl", ListFormat::jsonl},
  }};
  for (const auto& [name, format] : kFormatNames) {
    if (name == text) return format;
  }
  return std::nullopt;
}

ListFormat detect_format(std::string_view beginning) {
  const std::string_view text = trimmed(beginning);
  if (text.starts_with('[') && begins_array(text)) return ListFormat::json;
  if (text.starts_with('{')) return ListFormat::jsonl;
  const std::string_view first_line = text.substr(0, text.find('\n'));
  return is_csv_header(first_line) ? ListFormat::csv : ListFormat::urls;
}

bool RowReader::next(ParsedRow& parsed) {
  parsed.row.reset();
  parsed.error.clear();
  try {
    ImportRow row;
    if (!read(row)) return false;
    complete_row(row, when_absent_);
    parsed.row = std::move(row);
  } catch (const InvalidArgumentError& error) {
    parsed.error = error.what();
  }
  parsed.number = number_;
  return true;
}

std::unique_ptr<RowReader> open_rows(ByteSource& bytes, ListFormat format,
                                     ProxyProtocol when_absent) {
  switch (format) {
    case ListFormat::urls:
      return std::make_unique<UrlRows>(bytes, when_absent);
    case ListFormat::csv:
      return std::make_unique<CsvRows>(bytes, when_absent);
    case ListFormat::json:
      return std::make_unique<JsonElements>(bytes, when_absent);
    case ListFormat::jsonl:
      return std::make_unique<JsonLineRows>(bytes, when_absent);
  }
  throw PharoxError("unknown list format");
}

}  // namespace pharox::tools
