// pharox bench: what choosing and leasing cost with a user's own proxies and filters.
#include <memory>
#include <string>
#include <utility>

#include "format/json_text.h"
#include "tools/bench/bench.h"
#include "tools/bench/bench_pool.h"
#include "tools/leasing_options.h"
#include "tools/text_table.h"

namespace pharox::tools {

namespace {

using format::Json;

struct BenchCommandLine {
  BenchOptions bench;
  std::optional<SelectorStrategy> selector;
  std::uint64_t seconds = 1;
  bool json = false;
};

const char* name_of(Operation operation) {
  return operation == Operation::select ? "select" : "pair";
}

const char* name_of(Durability durability) {
  return durability == Durability::sync ? "sync" : "process";
}

// What the command line alone can tell to make no sense.
BenchOptions bench_options(const BenchCommandLine& line) {
  BenchOptions options = line.bench;
  require_sound(options.filters);
  if (!options.store && !options.in_memory) {
    throw UsageError("give the STORE whose pool is to be measured, or --memory");
  }
  if (options.store && options.pool.empty()) throw UsageError("--pool says which pool of STORE");
  if (!(options.occupancy_percent >= 0 && options.occupancy_percent <= 100)) {
    throw UsageError("--occupancy is a percentage, from 0 to 100");
  }
  options.selectors = {SelectorStrategy::first_available, SelectorStrategy::least_used,
                       SelectorStrategy::round_robin};
  if (line.selector) options.selectors = {*line.selector};
  options.seconds_each = std::chrono::seconds{line.seconds};
  return options;
}

Json nanoseconds_json(const LatencyHistogram& latencies) {
  return {{"count", latencies.count()},
          {"p50_ns", latencies.percentile(50).count()},
          {"p90_ns", latencies.percentile(90).count()},
          {"p99_ns", latencies.percentile(99).count()},
          {"max_ns", latencies.max().count()}};
}

void print_json(const BenchOptions& options, const BenchReport& report, Output& out) {
  Json rows = Json::array();
  for (const BenchRow& row : report.rows) {
    rows.push_back({{"selector", to_string(row.selector)},
                    {"operation", name_of(row.operation)},
                    {"per_second", row.measured.per_second()},
                    {"miss_share", row.measured.miss_share()},
                    {"hits", nanoseconds_json(row.measured.hits)},
                    {"misses", nanoseconds_json(row.measured.misses)}});
  }
  const Json json{{"pool", report.pool},
                  {"proxies", report.proxies},
                  {"available", report.available},
                  {"matching", report.matching},
                  {"durability", options.in_memory ? "none" : name_of(options.durability)},
                  {"threads", options.threads},
                  {"seconds_each", options.seconds_each.count()},
                  {"rows", std::move(rows)}};
  out.line(json.dump());
}

// A few among many do not look like none.
std::string share_text(double share) {
  if (share > 0 && share < 0.0001) return "< 0.01 %";
  if (share < 1 && share > 0.9999) return "> 99.99 %";
  return fmt::format("{:.2f} %", 100 * share);
}

std::vector<std::string> table_row(const BenchRow& row) {
  const LatencyHistogram& latencies = row.measured.shown();
  const auto microseconds = [](std::chrono::nanoseconds span) {
    return fmt::format("{:.2f}", static_cast<double>(span.count()) / 1000.0);
  };
  return {std::string(to_string(row.selector)),
          name_of(row.operation),
          grouped(static_cast<std::uint64_t>(row.measured.per_second())),
          share_text(row.measured.miss_share()),
          microseconds(latencies.percentile(50)),
          microseconds(latencies.percentile(90)),
          microseconds(latencies.percentile(99)),
          microseconds(latencies.max())};
}

void print_text(const BenchOptions& options, const BenchReport& report, Output& out) {
  out.line(fmt::format("pool {}: {} proxies, {} available, {} match the filters; {}, {} thread{}",
                       printable(report.pool), grouped(report.proxies), grouped(report.available),
                       grouped(report.matching),
                       options.in_memory
                           ? std::string("in memory")
                           : fmt::format("on disk, durability {}", name_of(options.durability)),
                       options.threads, options.threads == 1 ? "" : "s"));
  std::vector<std::vector<std::string>> rows;
  for (const BenchRow& row : report.rows) rows.push_back(table_row(row));
  print_table(out,
              {{"selector"},
               {"operation"},
               {"per second", 0, Align::right},
               {"misses", 0, Align::right},
               {"p50, us", 0, Align::right},
               {"p90", 0, Align::right},
               {"p99", 0, Align::right},
               {"max", 0, Align::right}},
              rows);
}

ExitCode run_bench_command(const BenchCommandLine& line, Output& out) {
  const BenchOptions options = bench_options(line);
  const BenchReport report = run_bench(options);
  if (report.matching == 0) note("no proxy matches the filters: every row is that of misses");
  line.json ? print_json(options, report, out) : print_text(options, report, out);
  return ExitCode::done;
}

}  // namespace

void add_bench_command(CLI::App& app, Action& chosen) {
  const auto line = std::make_shared<BenchCommandLine>();
  BenchOptions& bench = line->bench;
  CLI::App* command =
      add_command(app, chosen, "bench", "Measure choosing and leasing with your own proxies", line,
                  run_bench_command);
  auto* store = command->add_option("STORE", bench.store, "The store's folder, which is only read");
  auto* pool = command->add_option("--pool", bench.pool, "The pool of STORE that is measured");
  auto* memory = command->add_flag("--memory", bench.in_memory,
                                   "Measure in memory; without STORE, the proxies of --list or "
                                   "--proxies");
  auto* list = command->add_option("--list", bench.list,
                                   "A list of proxies as import reads it, or - for the standard "
                                   "input");
  auto* format = add_parsed(*command, "--format", bench.format, parse_list_format,
                            "Of the list: urls, csv, json (an array) or jsonl (JSON lines). "
                            "Without it, decided by its first bytes");
  auto* proxies =
      command->add_option("--proxies", bench.made_up, "Make up so many proxies (100000)")
          ->check(CLI::Range(1, 20'000'000));
  pool->needs(store);
  list->needs(memory)->excludes(store);
  format->needs(list);
  proxies->needs(memory)->excludes(store)->excludes(list);
  add_parsed(*command, "--selector", line->selector, parse_selector_strategy,
             "first_available, least_used or round_robin; without it, all three");
  command->add_option("--occupancy", bench.occupancy_percent,
                      "Percentage of the proxies that are leased to their limit meanwhile (0)");
  command->add_option("--threads", bench.threads, "Threads (1)")->check(CLI::Range(1, 1024));
  command->add_option("--seconds", line->seconds, "How long each row is measured (1)")
      ->check(CLI::Range(1, 86'400));
  add_durability_option(*command, bench.durability)->excludes(memory);
  command->add_flag("--json", line->json, "Print the result as JSON");
  add_filter_options(*command, bench.filters);
  command->footer(
      std::string("select: a choice, leasing nothing; pair: an acquire and a release. Figures are\n"
                  "those of hits, or of misses where nothing was ever available.\n"
                  "STORE may be open in an agent: its pool is copied, without its "
                  "leases, into a scratch\n"
                  "folder beside it, measured there on the same disk, and removed.\n"
                  "\n") +
      kMadeUp +
      "\n\n"
      "Example:\n"
      "  pharox bench ./store --pool scraping --country DE --threads 4\n"
      "  pharox bench --memory --list proxies.csv --selector least_used --occupancy 50");
}

}  // namespace pharox::tools
