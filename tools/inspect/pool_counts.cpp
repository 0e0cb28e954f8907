#include "tools/inspect/pool_counts.h"

#include <utility>

namespace pharox::tools {

namespace {

using format::Table;

void count(PoolCounts& counts, const Proxy& proxy, const ProxyLeases& leases) {
  PoolStatsSnapshot& stats = counts.stats;
  const bool below_limit = !proxy.max_concurrency || leases.active < *proxy.max_concurrency;
  ++stats.total_proxies;
  if (proxy.status == ProxyStatus::active) {
    ++stats.active_proxies;
    if (below_limit) ++stats.available_proxies;
  }
  if (leases.active > 0) ++stats.leased_proxies;
  stats.total_leases += leases.active;
  counts.due_leases += leases.due;
}

}  // namespace

std::unordered_map<Uuid, ProxyLeases> count_leases(StoreView& view) {
  std::unordered_map<Uuid, ProxyLeases> leases;
  view.for_each(Table::leases, format::decode_lease, [&](const format::LeaseRow& row) {
    if (row.ended()) return true;
    const Lease& lease = row.stored.lease;
    ProxyLeases& of_proxy = leases[lease.proxy_id];
    ++of_proxy.active;
    if (lease.expires_at <= view.taken_at()) ++of_proxy.due;
    return true;
  });
  return leases;
}

std::vector<PoolCounts> count_pools(StoreView& view) {
  std::vector<PoolCounts> pools;
  std::unordered_map<Uuid, std::size_t> places;
  view.for_each(Table::pools, format::decode_pool, [&](ProxyPool pool) {
    PoolCounts counts;
    counts.stats.pool_name = pool.name;
    counts.stats.collected_at = view.taken_at();
    places.emplace(pool.id, pools.size());
    counts.pool = std::move(pool);
    pools.push_back(std::move(counts));
    return true;
  });
  const auto leases = count_leases(view);
  view.for_each(Table::proxies, format::decode_proxy, [&](const Proxy& proxy) {
    const auto place = places.find(proxy.pool_id);
    if (place == places.end()) return true;  // for `verify` to report
    const auto held = leases.find(proxy.id);
    count(pools[place->second], proxy, held == leases.end() ? ProxyLeases{} : held->second);
    return true;
  });
  return pools;
}

}  // namespace pharox::tools
