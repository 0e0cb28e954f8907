// Opening: how long a store takes to be ready that holds many proxies and as many leases, half of
// them due; beside it, what RocksDB alone takes for the same rows. And whether anybody waits while
// the due ones are reclaimed.
#include <algorithm>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <utility>

#include "bench/fastest_cpu.h"
#include "bench/latencies.h"
#include "bench/opening_store.h"
#include "bench/rows.h"
#include "bench/stage.h"
#include "pharox/manager.h"
#include "pharox/rocksdb_storage.h"

namespace pharox::bench {
namespace {

OpeningStore& store_of(Stage& stage, std::size_t proxies) {
  const OnAllCpus everywhere;  // RocksDB's threads stay on the CPUs of whoever opens it first
  const Dataset& dataset = stage.dataset(proxies);
  return stage.get("opening/" + std::to_string(proxies),
                   [&] { return std::make_unique<OpeningStore>(dataset); });
}

// How long this thread has been ready to run while others did: Linux tells. Else 0.
Nanoseconds time_in_run_queue() {
  std::ifstream file("/proc/thread-self/schedstat");
  Nanoseconds::rep ran = 0;
  Nanoseconds::rep queued = 0;
  return file >> ran >> queued ? Nanoseconds(queued) : Nanoseconds{0};
}

struct CallTimes {
  Latencies all;
  Latencies less_queue;  // what the call took itself, and what it waited for within the store

  template <class Call>
  void add(const Call& call) {
    const Nanoseconds queued_before = time_in_run_queue();
    const Nanoseconds latency = time_of(call);
    const Nanoseconds queued = time_in_run_queue() - queued_before;
    all.add(latency);
    less_queue.add(std::max(latency - queued, Nanoseconds{0}));
  }
};

// Calls one after the other until no lease is due any more.
void call_until_reclaimed(RocksDbStorage& storage, const std::string& pool, std::uint64_t left,
                          CallTimes& calls) {
  ProxyManager manager(storage);
  AcquireRequest request;
  request.pool_name = pool;
  while (storage.get_pool_stats(pool)->total_leases > left) {
    std::optional<Lease> lease;
    calls.add([&] { lease = manager.acquire_proxy(request); });
    if (lease) calls.add([&] { manager.release_proxy(*lease); });
  }
}

void run_opening(benchmark::State& state, OpeningStore& store, OpeningStore::Left left,
                 const Dataset& dataset) {
  const OnAllCpus everywhere;
  CallTimes calls;
  Nanoseconds reclaiming{};
  for (auto _ : state) {
    state.PauseTiming();
    const auto folder = store.fresh_copy(left);
    RocksDbStorageOptions options;
    options.durability = Durability::process;
    state.ResumeTiming();
    auto storage = std::make_unique<RocksDbStorage>(folder, options);
    state.PauseTiming();
    const RecoveryReport found = storage->recovery_report();
    if (found.leases != dataset.proxies.size()) throw std::logic_error("leases were lost");
    reclaiming += time_of([&] {
      call_until_reclaimed(*storage, dataset.pool.name, found.leases - found.due_leases, calls);
    });
    storage.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() *
                          static_cast<std::int64_t>(2 * dataset.proxies.size()));
  state.counters["reclaiming_s"] =
      std::chrono::duration<double>(reclaiming).count() / static_cast<double>(state.iterations());
  calls.all.report(state, "call_");
  calls.less_queue.report(state, "call_less_queue_");
}

void run_scan(benchmark::State& state, OpeningStore& store, OpeningStore::Left left) {
  std::uint64_t rows = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const auto folder = store.fresh_copy(left);
    state.ResumeTiming();
    rows += scan_rows(folder);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(rows));
}

}  // namespace

void add_opening_rows(const Scale& scale, const std::shared_ptr<Stage>& stage, Rows& rows) {
  const std::size_t proxies = scale.large;
  const std::string size = "/" + std::to_string(proxies);
  for (const auto& [group, left] : {std::pair("Opening/", OpeningStore::Left::closed),
                                    std::pair("Opening/killed/", OpeningStore::Left::open)}) {
    rows.push_back({group + ("scan" + size),
                    [=, left = left](benchmark::State& state) {
                      run_scan(state, store_of(*stage, proxies), left);
                    },
                    1});
    rows.push_back({group + ("half_due" + size),
                    [=, left = left](benchmark::State& state) {
                      run_opening(state, store_of(*stage, proxies), left, stage->dataset(proxies));
                    },
                    1});
  }
}

}  // namespace pharox::bench
