// Health: what applying a health result costs, which moves its proxy in two of the three orders.
#include "bench/busy_pool.h"
#include "bench/latencies.h"
#include "bench/rows.h"

namespace pharox::bench {

void add_health_rows(std::size_t proxies, const std::shared_ptr<Stage>& stage, Rows& rows) {
  for (const CheckOrder order : {CheckOrder::in_order, CheckOrder::out_of_order}) {
    auto measurement = std::make_shared<OperationMeasurement>();
    rows.push_back({"Health/" + std::string(to_string(order)) + "/" + std::to_string(proxies),
                    [=](benchmark::State& state) {
                      BusyPool& pool = bring_busy_pool(*stage, proxies);
                      HealthStream& results = pool.results(order);
                      measurement->run(state, [&] {
                        pool.store.storage().apply_health_check_result(results.next());
                      });
                    }});
  }
}

}  // namespace pharox::bench
