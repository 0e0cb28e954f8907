// pharox stats, pharox pools: what a store holds, counted.
#include <memory>
#include <string>

#include "format/json_text.h"
#include "tools/commands.h"
#include "tools/inspect/pool_counts.h"
#include "tools/text_table.h"

namespace pharox::tools {

namespace {

using format::Json;

struct StatsOptions {
  std::string store;
  std::optional<std::string> pool;
  bool json = false;
};

void print_stats(const std::vector<PoolCounts>& pools, Output& out) {
  std::vector<std::vector<std::string>> rows;
  for (const PoolCounts& counts : pools) {
    const PoolStatsSnapshot& stats = counts.stats;
    rows.push_back({stats.pool_name, grouped(stats.total_proxies), grouped(stats.active_proxies),
                    grouped(stats.available_proxies), grouped(stats.leased_proxies),
                    grouped(stats.total_leases), grouped(counts.due_leases)});
  }
  print_table(out,
              {{"pool"},
               {"proxies", 0, Align::right},
               {"active", 0, Align::right},
               {"available", 0, Align::right},
               {"leased", 0, Align::right},
               {"leases", 0, Align::right},
               {"due", 0, Align::right}},
              rows);
}

ExitCode run_stats(const StatsOptions& options, Output& out) {
  StoreView view(options.store);
  view.announce();
  if (options.pool) view.existing_pool(*options.pool);
  std::vector<PoolCounts> pools = count_pools(view);
  if (options.pool) {
    std::erase_if(pools,
                  [&](const PoolCounts& counts) { return counts.pool.name != options.pool; });
  }
  if (!options.json) {
    print_stats(pools, out);
    return ExitCode::done;
  }
  Json list = Json::array();
  for (const PoolCounts& counts : pools) {
    Json json = format::to_json(counts.stats);
    json["due_leases"] = counts.due_leases;
    list.push_back(std::move(json));
  }
  out.line(list.dump());
  return ExitCode::done;
}

ExitCode run_pools(const StatsOptions& options, Output& out) {
  StoreView view(options.store);
  view.announce();
  const std::vector<PoolCounts> pools = count_pools(view);
  if (options.json) {
    Json list = Json::array();
    for (const PoolCounts& counts : pools) {
      Json json = format::to_json(counts.pool);
      json["total_proxies"] = counts.stats.total_proxies;
      list.push_back(std::move(json));
    }
    out.line(list.dump());
    return ExitCode::done;
  }
  std::vector<std::vector<std::string>> rows;
  for (const PoolCounts& counts : pools) {
    rows.push_back({counts.pool.id.to_string(), counts.pool.name,
                    grouped(counts.stats.total_proxies), counts.pool.description.value_or("")});
  }
  print_table(out, {{"id"}, {"name"}, {"proxies", 0, Align::right}, {"description"}}, rows);
  return ExitCode::done;
}

}  // namespace

void add_stats_command(CLI::App& app, Action& chosen) {
  const auto options = std::make_shared<StatsOptions>();
  CLI::App* command = add_command(app, chosen, "stats", "Count the proxies and leases of pools",
                                  options, run_stats);
  command->add_option("STORE", options->store, "The store's folder")->required();
  command->add_option("--pool", options->pool, "Only this pool");
  command->add_flag("--json", options->json, "Print a JSON array");
  command->footer(
      "available: active and below their limit; leased: with at least one lease;\n"
      "due: leases whose time is over, which the next acquire reclaims\n"
      "\n"
      "Example:\n"
      "  pharox stats ./store --pool scraping");
}

void add_pools_command(CLI::App& app, Action& chosen) {
  const auto options = std::make_shared<StatsOptions>();
  CLI::App* command = add_command(app, chosen, "pools", "List the pools", options, run_pools);
  command->add_option("STORE", options->store, "The store's folder")->required();
  command->add_flag("--json", options->json, "Print a JSON array");
  command->footer(
      "Example:\n"
      "  pharox pools ./store");
}

}  // namespace pharox::tools
