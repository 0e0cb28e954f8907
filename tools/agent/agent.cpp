#include "tools/agent/agent.h"

#include "tools/agent/agent_counters.h"
#include "tools/output.h"
#include "tools/stop_signals.h"
#include "tools/store_view.h"

namespace pharox::tools {

namespace {

using std::chrono::steady_clock;

RocksDbStorageOptions storage_options(const AgentOptions& options) {
  RocksDbStorageOptions storage;
  storage.durability = options.durability;
  storage.accept_loss = options.accept_loss;
  storage.create_if_missing = false;  // an agent without proxies has nothing to do
  storage.log = note_line;
  return storage;
}

void note_recovery(const RecoveryReport& report) {
  note("recovered {} proxies in {} pools, {} consumers and {} active leases in {:.1f} ms",
       grouped(report.proxies), grouped(report.pools), grouped(report.consumers),
       grouped(report.leases), static_cast<double>(report.elapsed.count()) / 1000.0);
  if (report.leases == 0) return;
  note("reclaimed {} of these leases, whose time was over; {} are still held",
       grouped(report.due_leases), grouped(report.leases - report.due_leases));
}

void note_status(std::chrono::nanoseconds elapsed, std::uint64_t pairs_in_last_second,
                 const AgentCounters& counters) {
  const auto seconds = std::chrono::round<std::chrono::seconds>(elapsed).count();
  std::string line =
      fmt::format("{:3} s  {:>9} pairs/s  {} misses  {} held", seconds,
                  grouped(pairs_in_last_second), grouped(counters.missed()), counters.held());
  if (const auto stats = counters.pool_stats()) {
    line += fmt::format("  | pool: {} proxies, {} available, {} leased, {} leases",
                        grouped(stats->total_proxies), grouped(stats->available_proxies),
                        grouped(stats->leased_proxies), grouped(stats->total_leases));
  }
  note_line(line);
}

// Returns at the end of the run time, at a signal, or when a worker has failed.
void watch(const AgentOptions& options, steady_clock::time_point start, StopSignals& signals,
           const Workers& workers, const AgentCounters& counters) {
  std::uint64_t pairs_before = 0;
  for (auto next = start + std::chrono::seconds{1};; next += std::chrono::seconds{1}) {
    if (signals.wait_until(next)) {
      note("stopping: the workers give back what they hold");
      return;
    }
    const std::uint64_t pairs = counters.released();
    note_status(next - start, pairs - pairs_before, counters);
    pairs_before = pairs;
    const bool over = options.run_time.count() != 0 && next - start >= options.run_time;
    if (over || workers.failed()) return;
  }
}

}  // namespace

AgentReport run_agent(const AgentOptions& options) {
  std::optional<StopSignals> signals(std::in_place);  // before the threads of the storage
  RocksDbStorage storage(options.store, storage_options(options));
  AgentReport report{.recovered = storage.recovery_report()};
  note_losses(report.recovered.losses, report.recovered.lost_changes);
  note_recovery(report.recovered);
  storage.get_pool(options.workers.request.pool_name);  // throws when there is none
  if (options.workers.request.consumer_name) {
    storage.ensure_consumer(*options.workers.request.consumer_name);
  }

  ProxyManager manager(storage);
  const AgentCounters counters(manager);
  const auto start = steady_clock::now();
  Workers workers(manager, options.workers);
  watch(options, start, *signals, workers, counters);
  signals.reset();
  report.latencies = workers.finish();
  report.elapsed = steady_clock::now() - start;
  report.pairs = counters.released();
  report.misses = counters.missed();
  storage.close();
  return report;
}

}  // namespace pharox::tools
