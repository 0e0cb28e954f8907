// Mixed: a pool as it is used, with leases of every kind and health results between them.
#include "bench/grid.h"
#include "bench/health_stream.h"
#include "bench/latencies.h"
#include "bench/pharox_store.h"
#include "bench/stage.h"

namespace pharox::bench {
namespace {

constexpr int kResults = 100;
constexpr int kPairsPerResult = 10;

struct BusyPool {
  BusyPool(const Dataset& dataset, CheckOrder order)
      : storage(quiet_options()), manager(storage), results(dataset, order) {
    storage.save_pool(dataset.pool);
    storage.add_proxies_bulk(dataset.proxies);
    storage.ensure_consumer(ProxyManager::kDefaultConsumerName);
    for (const std::size_t i : leased_proxies(dataset, Occupancy::half)) {
      storage.create_lease(dataset.proxies[i].id, ProxyManager::kDefaultConsumerName,
                           std::chrono::hours{24});
    }
    for (const Question& question : questions_at({dataset.proxies.size(), Occupancy::half})) {
      requests.push_back({.pool_name = dataset.pool.name,
                          .filters = question.filter.filters(question.selector),
                          .selector = question.selector});
    }
  }

  void lease_and_release() {
    if (const auto lease = manager.acquire_proxy(requests[turn])) manager.release_proxy(*lease);
    turn = (turn + 1) % requests.size();
  }

  InMemoryStorage storage;
  ProxyManager manager;
  HealthStream results;
  std::vector<AcquireRequest> requests;  // every selector with every filter
  std::size_t turn = 0;
};

void run_mixed(benchmark::State& state, BusyPool& pool) {
  Latencies pairs;
  Latencies health;
  for (auto _ : state) {
    for (int result = 0; result < kResults; ++result) {
      health.add(time_of([&] { pool.storage.apply_health_check_result(pool.results.next()); }));
      for (int pair = 0; pair < kPairsPerResult; ++pair) {
        pairs.add(time_of([&] { pool.lease_and_release(); }));
      }
    }
  }
  state.SetItemsProcessed(state.iterations() * kResults * (1 + kPairsPerResult));
  pairs.report(state, "pair_");
  health.report(state, "health_");
}

}  // namespace

void add_mixed_rows(const Scale& scale, const std::shared_ptr<Stage>& stage, Rows& rows) {
  for (const CheckOrder order : {CheckOrder::in_order, CheckOrder::out_of_order}) {
    const std::string name =
        "Mixed/" + std::string(to_string(order)) + "/" + std::to_string(scale.large);
    rows.push_back({name, [=](benchmark::State& state) {
                      run_mixed(state, stage->get(name, [&] {
                        return std::make_unique<BusyPool>(stage->dataset(scale.large), order);
                      }));
                    }});
  }
}

}  // namespace pharox::bench
