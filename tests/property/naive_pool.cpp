#include "tests/property/naive_pool.h"

#include "tests/model/model_choice.h"

namespace pharox::tests {
namespace {

bool is_available(const Proxy& proxy) {
  return proxy.status == ProxyStatus::active &&
         (!proxy.max_concurrency || proxy.current_leases < *proxy.max_concurrency);
}

}  // namespace

void NaivePool::insert(const Proxy& proxy) {
  places_.emplace(proxy.id, proxies_.size());
  proxies_.push_back(proxy);
}

void NaivePool::erase(const Uuid& id) {
  const std::size_t place = places_.at(id);
  places_.at(proxies_.back().id) = place;
  std::swap(proxies_[place], proxies_.back());
  proxies_.pop_back();
  places_.erase(id);
}

const Proxy* NaivePool::choose(const ProxyFilters& filters, SelectorStrategy selector,
                               const Uuid& cursor) const {
  const Proxy* best = nullptr;
  for (const Proxy& proxy : proxies_) {
    if (!is_available(proxy)) continue;
    // The order first: it costs less than the filters, and mostly decides.
    if (best && !goes_before(selector, cursor, proxy, *best)) continue;
    if (!matches_naively(filters, proxy)) continue;
    if (filters.predicate && !filters.predicate(proxy)) continue;
    best = &proxy;
  }
  return best;
}

PoolStatsSnapshot NaivePool::stats() const {
  PoolStatsSnapshot counted;
  for (const Proxy& proxy : proxies_) {
    ++counted.total_proxies;
    counted.active_proxies += proxy.status == ProxyStatus::active;
    counted.available_proxies += is_available(proxy);
    counted.leased_proxies += proxy.current_leases > 0;
    counted.total_leases += proxy.current_leases;
  }
  return counted;
}

}  // namespace pharox::tests
