// pharox import: reads a list of proxies into a pool.
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "format/json_text.h"
#include "pharox/errors.h"
#include "tools/byte_source.h"
#include "tools/commands.h"
#include "tools/import/bad_rows.h"
#include "tools/import/importer.h"
#include "tools/import/row_reader.h"

namespace pharox::tools {

namespace {

struct ImportOptions {
  std::string store;
  std::string file;
  std::string pool;
  std::optional<ListFormat> format;  // absent: decided by the first bytes
  ProxyProtocol protocol = ProxyProtocol::http;
  ImportDefaults defaults;
  bool strict = false;
  bool accept_loss = false;
  bool dry_run = false;
  bool json = false;
};

// A line on a terminal that counts the rows, redrawn at most ten times a second.
class Progress {
 public:
  void tick() {
    ++rows_;
    if (!terminal_ || rows_ % 1024 != 0) return;
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return;
    next_ = now + std::chrono::milliseconds{100};
    std::fputs(fmt::format("\r{} rows", grouped(rows_)).c_str(), stderr);
    drawn_ = true;
  }
  // Leaves the terminal's line empty, for whatever comes next.
  void clear() {
    if (std::exchange(drawn_, false)) std::fputs("\r\x1b[K", stderr);
  }

 private:
  const bool terminal_ = isatty(STDERR_FILENO) == 1;
  std::uint64_t rows_ = 0;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point next_{};
};

// Hands each good row to `use` and each bad one to `refuse`, which says whether to go on.
template <class Use, class Refuse>
bool read_rows(RowReader& rows, const Use& use, const Refuse& refuse) {
  Progress progress;
  for (ParsedRow parsed; rows.next(parsed);) {
    if (parsed.row) {
      use(*std::move(parsed.row));
    } else {
      progress.clear();
      if (!refuse(parsed)) return false;
    }
    progress.tick();
  }
  progress.clear();
  return true;
}

void note_ignored(const RowReader& rows) {
  const auto& names = rows.ignored().names();
  if (!names.empty()) note("ignored, because no field is meant: {}", fmt::join(names, ", "));
}

void print_summary(const ImportSummary& summary, const ImportOptions& options, Output& out) {
  if (options.json) {
    const format::Json json{{"read", summary.read},       {"added", summary.added},
                            {"updated", summary.updated}, {"unchanged", summary.unchanged},
                            {"bad", summary.bad},         {"dry_run", options.dry_run}};
    out.line(json.dump());
    return;
  }
  out.line(fmt::format("read {}, added {}, updated {}, unchanged {}, bad {}{}",
                       grouped(summary.read), grouped(summary.added), grouped(summary.updated),
                       grouped(summary.unchanged), grouped(summary.bad),
                       options.dry_run ? " (dry run: nothing was written)" : ""));
}

std::unique_ptr<ImportTarget> open_target(const ImportOptions& options) {
  return options.dry_run ? open_dry_run_target(options.store)
                         : open_store_target(options.store, options.accept_loss);
}

// Every row before the first write: a bad one leaves the store, or its absence, as it was.
ExitCode import_strictly(const ImportOptions& options, RowReader& rows, BadRows& bad, Output& out) {
  std::vector<ImportRow> list;
  const bool all_good = read_rows(
      rows, [&](ImportRow row) { list.push_back(std::move(row)); },
      [&](const ParsedRow& parsed) {
        bad.report(parsed.number, parsed.error);
        return false;
      });
  if (!all_good) {
    note("nothing was imported, because of --strict");
    return ExitCode::failed;
  }
  const auto target = open_target(options);
  Importer importer(*target, options.pool, options.defaults, utc_now());
  for (ImportRow& row : list) importer.add(std::move(row));
  importer.finish();
  target->close();
  print_summary(importer.summary(), options, out);
  return ExitCode::done;
}

ExitCode import_what_is_good(const ImportOptions& options, RowReader& rows, BadRows& bad,
                             Output& out) {
  const auto target = open_target(options);
  Importer importer(*target, options.pool, options.defaults, utc_now());
  read_rows(
      rows, [&](ImportRow row) { importer.add(std::move(row)); },
      [&](const ParsedRow& parsed) {
        importer.count_bad();
        bad.report(parsed.number, parsed.error);
        return true;
      });
  importer.finish();
  target->close();
  bad.report_rest();
  print_summary(importer.summary(), options, out);
  if (!rows.cut_off()) return ExitCode::done;
  note("pharox: the list is cut off: rows are missing at its end");
  return ExitCode::failed;
}

// Options that no row could be imported with.
void check(const ImportOptions& options) {
  ProxyPool pool;
  pool.name = options.pool;
  ImportRow row;
  row.host = "192.0.2.1";
  row.port = 1;
  row.source = options.defaults.source;
  row.max_concurrency = options.defaults.max_concurrency;
  try {
    validate(pool);
    complete_row(row, options.protocol);
  } catch (const InvalidArgumentError& error) {
    throw UsageError(error.what());
  }
}

ExitCode run_import(const ImportOptions& options, Output& out) {
  check(options);
  InputFile input(options.file);
  ByteSource bytes(input.stream());
  const ListFormat format = options.format ? *options.format : detect_format(bytes.lookahead());
  const auto rows = open_rows(bytes, format, options.protocol);
  BadRows bad(format == ListFormat::json ? "row" : "line");
  const ExitCode code = options.strict ? import_strictly(options, *rows, bad, out)
                                       : import_what_is_good(options, *rows, bad, out);
  note_ignored(*rows);
  return code;
}

// "auto" is no format, but a value of the option.
std::optional<std::optional<ListFormat>> parse_format_option(const std::string& text) {
  if (text == "auto") return std::optional<ListFormat>();
  const auto format = parse_list_format(text);
  if (!format) return std::nullopt;
  return std::optional<std::optional<ListFormat>>(format);
}

}  // namespace

void add_import_command(CLI::App& app, Action& chosen) {
  const auto options = std::make_shared<ImportOptions>();
  CLI::App* command =
      add_command(app, chosen, "import", "Read a list of proxies into a pool", options, run_import);
  command->add_option("STORE", options->store, "The store's folder, created when missing")
      ->required();
  command->add_option("FILE", options->file, "The list, or - for the standard input")->required();
  command->add_option("--pool", options->pool, "The pool's name; created when missing")->required();
  add_parsed(*command, "--format", options->format, parse_format_option,
             "auto (default), urls, csv, json (an array) or jsonl (JSON lines)");
  add_parsed(*command, "--protocol", options->protocol, parse_proxy_protocol,
             "Of rows that name none: http (default), https, socks4 or socks5");
  add_parsed(*command, "--status", options->defaults.status, parse_proxy_status,
             "Give every proxy this status: active, inactive, slow or banned. Without it new ones "
             "are active and known ones keep theirs");
  command->add_option("--max-concurrency", options->defaults.max_concurrency,
                      "Leases at a time, for rows that do not say");
  command->add_option("--source", options->defaults.source, "Source, for rows that do not say");
  command->add_flag("--strict", options->strict,
                    "Stop at the first bad row, with nothing imported");
  add_accept_loss(*command, options->accept_loss);
  command->add_flag("--dry-run", options->dry_run, "Say what would happen and write nothing");
  command->add_flag("--json", options->json, "Print the summary as JSON");
  command->footer(
      "Example:\n"
      "  pharox import ./store proxies.csv --pool scraping --source acme --max-concurrency 2\n"
      "  curl -s https://lists.example/proxies.txt | pharox import ./store - --pool scraping");
}

}  // namespace pharox::tools
