// Health: what applying a health result costs, which moves its proxy in two of the three orders.
#include "bench/health_stream.h"
#include "bench/latencies.h"
#include "bench/pharox_store.h"
#include "bench/rows.h"
#include "bench/stage.h"

namespace pharox::bench {
namespace {

struct CheckedPool {
  CheckedPool(const Dataset& dataset, CheckOrder order)
      : store(dataset, leased_proxies(dataset, Occupancy::half)), results(dataset, order) {}

  PharoxStore store;
  HealthStream results;
};

Row health_row(CheckOrder order, std::size_t proxies, const std::shared_ptr<Stage>& stage) {
  const std::string name =
      "Health/" + std::string(to_string(order)) + "/" + std::to_string(proxies);
  auto measurement = std::make_shared<OperationMeasurement>();
  return {name, [=](benchmark::State& state) {
            CheckedPool& pool = stage->get(name, [&] {
              return std::make_unique<CheckedPool>(stage->dataset(proxies), order);
            });
            measurement->run(state, [&] {
              pool.store.storage().apply_health_check_result(pool.results.next());
            });
          }};
}

}  // namespace

void add_health_rows(const Scale& scale, const std::shared_ptr<Stage>& stage, Rows& rows) {
  for (const std::size_t proxies : scale.proxies) {
    for (const CheckOrder order : {CheckOrder::in_order, CheckOrder::out_of_order}) {
      rows.push_back(health_row(order, proxies, stage));
    }
  }
}

}  // namespace pharox::bench
