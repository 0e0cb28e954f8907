#include "tools/bench/bench.h"

#include <filesystem>
#include <memory>
#include <thread>
#include <utility>

#include "pharox/in_memory_storage.h"
#include "pharox/manager.h"
#include "pharox/rocksdb_storage.h"
#include "storage/folder_beside.h"
#include "tools/bench/bench_pool.h"
#include "tools/output.h"
#include "tools/stop_signals.h"

namespace pharox::tools {

namespace {

std::unique_ptr<RocksDbStorage> open_scratch(const storage::FolderBeside& folder,
                                             Durability durability) {
  RocksDbStorageOptions options;
  options.durability = durability;
  options.log = note_line;
  return std::make_unique<RocksDbStorage>(folder.path(), options);
}

// The storage that is measured, and the folder that it may need, which goes after it.
class BenchStorage {
 public:
  explicit BenchStorage(const BenchOptions& options) : durability_(options.durability) {
    if (options.in_memory) {
      storage_ = std::make_unique<InMemoryStorage>();
    } else {
      folder_ =
          std::make_unique<storage::FolderBeside>(storage::whole_path(*options.store), "bench");
      storage_ = open_scratch(*folder_, Durability::process);
    }
  }

  LeaseStorage& storage() { return *storage_; }

  // Filling does not wait for the disk; what is measured does.
  void finish_filling() {
    if (!folder_ || durability_ == Durability::process) return;
    storage_.reset();  // the folder has one owner at a time
    storage_ = open_scratch(*folder_, durability_);
  }

 private:
  const Durability durability_;
  std::unique_ptr<storage::FolderBeside> folder_;
  std::unique_ptr<LeaseStorage> storage_;
};

std::unique_ptr<StoreView> open_view(const BenchOptions& options) {
  if (!options.store) return nullptr;
  auto view = std::make_unique<StoreView>(*options.store);
  view->announce();
  return view;
}

std::string fill(const BenchOptions& options, StoreView* view, const ProxyPool& pool,
                 LeaseStorage& storage, const Checkpoint& checkpoint) {
  if (view) return copy_pool(*view, pool, storage, checkpoint);
  if (options.list) return read_list(*options.list, options.format, storage, checkpoint);
  return make_up_pool(options.made_up, storage, checkpoint);
}

// Where there is a folder to be removed, Ctrl-C waits to be asked for.
WaitUntil waiting(std::optional<StopSignals>& signals) {
  return [&signals](std::chrono::steady_clock::time_point time) {
    if (signals) return signals->wait_until(time);
    std::this_thread::sleep_until(time);
    return false;
  };
}

BenchRow measure_row(const BenchOptions& options, ProxyManager& manager, const std::string& pool,
                     std::pair<SelectorStrategy, Operation> what, const WaitUntil& wait_until) {
  const auto [selector, operation] = what;
  const AcquireRequest request{.pool_name = pool, .filters = options.filters, .selector = selector};
  const MeasuredOperation select = [&] {
    return manager.storage()
        .find_available_proxy(request.pool_name, *request.filters, request.selector)
        .has_value();
  };
  const MeasuredOperation pair = [&] {
    const auto lease = manager.acquire_proxy(request);
    return lease && manager.release_proxy(*lease);
  };
  return {selector, operation,
          measure(operation == Operation::select ? select : pair, options.threads,
                  options.seconds_each, wait_until)};
}

}  // namespace

BenchReport run_bench(const BenchOptions& options) {
  // Before the threads of the storage, and until its folder is gone.
  std::optional<StopSignals> signals;
  if (!options.in_memory) signals.emplace();
  const WaitUntil wait_until = waiting(signals);
  const Checkpoint checkpoint = [&] { stop_if_asked(wait_until); };

  // Before the folder: none appears for a pool that is not there.
  std::unique_ptr<StoreView> view = open_view(options);
  const ProxyPool pool = view ? view->existing_pool(options.pool) : ProxyPool{};
  BenchStorage bench(options);
  BenchReport report;
  report.pool = fill(options, view.get(), pool, bench.storage(), checkpoint);
  view.reset();
  occupy(bench.storage(), report.pool, options.occupancy_percent, checkpoint);
  bench.finish_filling();

  LeaseStorage& storage = bench.storage();
  const auto stats = storage.get_pool_stats(report.pool);
  report.proxies = stats->total_proxies;
  report.available = stats->available_proxies;
  report.matching = count_matching(storage, report.pool, options.filters);
  ProxyManager manager(storage);
  note("measuring {} rows of {} s", 2 * options.selectors.size(), options.seconds_each.count());
  for (const SelectorStrategy selector : options.selectors) {
    for (const Operation operation : {Operation::select, Operation::pair}) {
      report.rows.push_back(
          measure_row(options, manager, report.pool, {selector, operation}, wait_until));
    }
  }
  return report;
}

}  // namespace pharox::tools
