// A pool in use: half of it leased, and checkers at work on it.
#pragma once

#include <memory>
#include <string>

#include "bench/health_stream.h"
#include "bench/pharox_store.h"
#include "bench/stage.h"

namespace pharox::bench {

struct BusyPool {
  explicit BusyPool(const Dataset& dataset)
      : store(dataset, leased_proxies(dataset, Occupancy::half)),
        in_order(dataset, CheckOrder::in_order),
        out_of_order(dataset, CheckOrder::out_of_order) {
    // A pool in use has been checked before: results then replace results.
    for (const Proxy& proxy : dataset.proxies) {
      HealthCheckResult first;
      first.proxy_id = proxy.id;
      first.status = ProxyStatus::active;
      first.checked_at = proxy.checked_at;
      store.storage().apply_health_check_result(first);
    }
  }

  HealthStream& results(CheckOrder order) {
    return order == CheckOrder::in_order ? in_order : out_of_order;
  }

  PharoxStore store;
  HealthStream in_order;
  HealthStream out_of_order;
};

inline BusyPool& bring_busy_pool(Stage& stage, std::size_t proxies) {
  return stage.get("BusyPool/" + std::to_string(proxies),
                   [&] { return std::make_unique<BusyPool>(stage.dataset(proxies)); });
}

}  // namespace pharox::bench
