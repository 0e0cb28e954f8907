// Expiry: how fast leases are reclaimed that all end in one moment, and whether anybody who
// acquires meanwhile is kept waiting. No proxy is free at that moment.
#include <atomic>
#include <thread>

#include "bench/fastest_cpu.h"
#include "bench/latencies.h"
#include "bench/pharox_store.h"
#include "bench/rows.h"
#include "bench/stage.h"

namespace pharox::bench {
namespace {

constexpr Duration kLease = std::chrono::minutes{5};

struct LeasedPool {
  explicit LeasedPool(const Dataset& pool)
      : dataset(pool),
        clock(pool.proxies.front().checked_at),
        storage(quiet_options(&clock)),
        manager(storage) {
    storage.save_pool(dataset.pool);
    storage.add_proxies_bulk(dataset.proxies);
    storage.ensure_consumer(ProxyManager::kDefaultConsumerName);
    request.pool_name = dataset.pool.name;
    request.selector = SelectorStrategy::least_used;
  }

  void lease_all() {
    for (const Proxy& proxy : dataset.proxies) {
      storage.create_lease(proxy.id, ProxyManager::kDefaultConsumerName, kLease);
    }
  }

  bool any_is_leased() { return storage.get_pool_stats(dataset.pool.name)->leased_proxies > 0; }

  void acquire_and_release(Latencies& acquires) {
    std::optional<Lease> lease;
    acquires.add(time_of([&] { lease = manager.acquire_proxy(request); }));
    if (lease) manager.release_proxy(*lease);
  }

  const Dataset& dataset;
  VirtualClock clock;
  InMemoryStorage storage;
  ProxyManager manager;
  AcquireRequest request;
};

// Only callers who acquire reclaim, each a bounded number.
void expire_by_acquiring(LeasedPool& pool, Latencies& acquires) {
  pool.clock.advance(kLease);
  while (pool.any_is_leased()) pool.acquire_and_release(acquires);
}

// One thread reclaims all while another goes on acquiring.
void expire_by_cleanup(LeasedPool& pool, Latencies& acquires) {
  std::atomic<bool> due = false;
  std::atomic<bool> reclaimed = false;
  std::thread acquirer([&] {
    move_to_other_cpus();
    due.wait(false);
    while (!reclaimed) pool.acquire_and_release(acquires);
  });
  pool.clock.advance(kLease);
  due = true;
  due.notify_one();
  pool.manager.cleanup_expired_leases();
  reclaimed = true;
  acquirer.join();
}

using Expire = void (*)(LeasedPool&, Latencies&);

Row expiry_row(std::string name, Expire expire, std::size_t leases,
               const std::shared_ptr<Stage>& stage) {
  name += "/" + std::to_string(leases);
  return {name,
          [=](benchmark::State& state) {
            const Dataset& dataset = stage->dataset(leases);
            LeasedPool& pool = stage->get("expiry/" + std::to_string(leases),
                                          [&] { return std::make_unique<LeasedPool>(dataset); });
            Latencies acquires;
            for (auto _ : state) {
              state.PauseTiming();
              pool.lease_all();
              state.ResumeTiming();
              expire(pool, acquires);
            }
            state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(leases));
            acquires.report(state, "acquire_");
          },
          1};
}

}  // namespace

void add_expiry_rows(const Scale& scale, const std::shared_ptr<Stage>& stage, Rows& rows) {
  rows.push_back(expiry_row("Expiry", expire_by_cleanup, scale.large, stage));
  rows.push_back(expiry_row("Expiry/acquires_only", expire_by_acquiring, scale.large, stage));
}

}  // namespace pharox::bench
