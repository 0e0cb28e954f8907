#include "tests/model/model.h"

#include <algorithm>

#include "tests/model/model_choice.h"

namespace pharox::tests {
namespace {

template <class Record>
auto by_id(std::vector<Record>& records, const Uuid& id) {
  return std::find_if(records.begin(), records.end(), [&](const auto& r) { return r.id == id; });
}

template <class Record>
std::vector<Record> in_id_order(std::vector<Record> records) {
  std::sort(records.begin(), records.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  return records;
}

}  // namespace

// -- Records ------------------------------------------------------------------------------------

void Model::save_pool(const ProxyPool& pool) {
  const ProxyPool* named = find_pool(pool.name);
  if (named != nullptr && named->id != pool.id) throw DuplicateNameError("");
  const auto found = by_id(pools_, pool.id);
  if (found == pools_.end()) {
    pools_.push_back(pool);
  } else {
    *found = pool;
  }
}

void Model::save_proxies(std::span<const Proxy> proxies) {
  for (const Proxy& proxy : proxies) validate(proxy);
  for (const Proxy& proxy : proxies) {
    if (by_id(pools_, proxy.pool_id) == pools_.end()) throw PoolNotFoundError("");
  }
  for (const Proxy& proxy : proxies) {
    const auto found = by_id(proxies_, proxy.id);
    if (found == proxies_.end()) {
      proxies_.push_back(proxy);
    } else {
      *found = proxy;
    }
  }
}

void Model::delete_proxy(const Uuid& id) {
  const auto found = by_id(proxies_, id);
  if (found == proxies_.end()) throw ProxyNotFoundError("");
  for (const ModelLease& each : leases) {
    if (each.active() && each.lease.proxy_id == id) end_lease(each.lease.id, EndReason::deleted);
  }
  health.erase(id);
  proxies_.erase(found);
}

void Model::delete_pool(const Uuid& id) {
  const auto found = by_id(pools_, id);
  if (found == pools_.end()) throw PoolNotFoundError("");
  for (const Proxy& proxy : list_proxies(id)) delete_proxy(proxy.id);
  cursors_.erase(id);
  pools_.erase(found);
}

std::optional<Proxy> Model::apply_health(const HealthCheckResult& result) {
  const auto found = by_id(proxies_, result.proxy_id);
  if (found == proxies_.end()) return std::nullopt;
  found->status = result.status;
  found->checked_at = result.checked_at;
  health[result.proxy_id] = result;
  return counted(*found);
}

// -- Leasing ------------------------------------------------------------------------------------

std::optional<Proxy> Model::choose(std::string_view pool_name, const ProxyFilters& filters,
                                   SelectorStrategy selector) {
  const ProxyPool* pool = find_pool(pool_name);
  if (pool == nullptr) return std::nullopt;
  std::vector<Proxy> available = list_proxies(pool->id);
  std::erase_if(available, [&](const Proxy& proxy) {
    return proxy.status != ProxyStatus::active || !below_limit(proxy);
  });
  const auto chosen = choose_naively(std::move(available), filters, selector, cursors_[pool->id]);
  if (chosen && selector == SelectorStrategy::round_robin) cursors_[pool->id] = chosen->id;
  return chosen;
}

Lease Model::new_lease(const Proxy& proxy, const Uuid& consumer_id, Duration duration) const {
  const Timestamp now = clock_->now().wall;
  Lease lease;
  lease.proxy_id = proxy.id;
  lease.consumer_id = consumer_id;
  lease.pool_id = proxy.pool_id;
  for (const ProxyPool& pool : pools_) {
    if (pool.id == proxy.pool_id) lease.pool_name = pool.name;
  }
  lease.acquired_at = now;
  lease.expires_at = now + duration;
  return lease;
}

void Model::add_lease(const Lease& lease, Duration duration) {
  leases.push_back({.lease = lease,
                    .duration = duration,
                    .deadline = clock_->now().since_boot + duration,
                    .deadline_in_boot = clock_->boot_id()});
}

bool Model::below_limit(const Proxy& proxy) const {
  return !proxy.max_concurrency || proxy.current_leases < *proxy.max_concurrency;
}

std::optional<Lease> Model::end_lease(const Uuid& id, EndReason reason) {
  ModelLease* found = find_lease(id);
  if (found == nullptr || !found->active()) return std::nullopt;
  found->lease.status = LeaseStatus::released;
  found->lease.released_at = clock_->now().wall;
  found->lease.end_reason = reason;
  return found->lease;
}

std::optional<Lease> Model::renew(const Uuid& id, Duration duration) {
  if (duration <= Duration{0}) throw InvalidLeaseError("");
  ModelLease* found = find_lease(id);
  const Moment now = clock_->now();
  if (found == nullptr || !found->active() || found->deadline <= now.since_boot) {
    return std::nullopt;
  }
  found->lease.expires_at = now.wall + duration;
  found->duration = duration;
  found->deadline = now.since_boot + duration;
  found->deadline_in_boot = clock_->boot_id();
  return found->lease;
}

std::vector<ModelLease*> Model::due() {
  const Duration now = clock_->now().since_boot;
  std::vector<ModelLease*> found;
  for (ModelLease& each : leases) {
    if (each.active() && each.deadline <= now) found.push_back(&each);
  }
  return found;
}

void Model::reopened() {
  const Moment now = clock_->now();
  for (ModelLease& each : leases) {
    if (!each.active() || each.deadline_in_boot == clock_->boot_id()) continue;
    const Duration left = each.lease.expires_at - now.wall;
    each.deadline = now.since_boot + std::min(std::max(left, Duration{0}), each.duration);
    each.deadline_in_boot = clock_->boot_id();
  }
}

// -- Reads --------------------------------------------------------------------------------------

const ProxyPool* Model::find_pool(std::string_view name) const {
  for (const ProxyPool& pool : pools_) {
    if (pool.name == name) return &pool;
  }
  return nullptr;
}

const Consumer* Model::find_consumer(std::string_view name) const {
  for (const Consumer& consumer : consumers) {
    if (consumer.name == name) return &consumer;
  }
  return nullptr;
}

ModelLease* Model::find_lease(const Uuid& id) {
  for (ModelLease& each : leases) {
    if (each.lease.id == id) return &each;
  }
  return nullptr;
}

Proxy Model::counted(Proxy proxy) const {
  proxy.current_leases = 0;
  for (const ModelLease& each : leases) {
    if (each.active() && each.lease.proxy_id == proxy.id) ++proxy.current_leases;
  }
  return proxy;
}

std::optional<Proxy> Model::find_proxy(const Uuid& id) const {
  for (const Proxy& proxy : proxies_) {
    if (proxy.id == id) return counted(proxy);
  }
  return std::nullopt;
}

std::optional<PoolStatsSnapshot> Model::stats(std::string_view pool_name) const {
  const ProxyPool* pool = find_pool(pool_name);
  if (pool == nullptr) return std::nullopt;
  PoolStatsSnapshot stats;
  stats.pool_name = pool->name;
  stats.collected_at = clock_->now().wall;
  for (const Proxy& proxy : list_proxies(pool->id)) {
    const bool active = proxy.status == ProxyStatus::active;
    stats.total_proxies += 1;
    stats.active_proxies += active;
    stats.available_proxies += active && below_limit(proxy);
    stats.leased_proxies += proxy.current_leases > 0;
    stats.total_leases += proxy.current_leases;
  }
  return stats;
}

std::vector<Proxy> Model::list_proxies(const Uuid& pool_id) const {
  std::map<Uuid, std::uint32_t> leases_of;
  for (const ModelLease& each : leases) leases_of[each.lease.proxy_id] += each.active();
  std::vector<Proxy> found;
  for (const Proxy& proxy : proxies_) {
    if (proxy.pool_id != pool_id) continue;
    found.push_back(proxy);
    found.back().current_leases = leases_of[proxy.id];
  }
  return in_id_order(std::move(found));
}

std::vector<Lease> Model::list_leases(std::optional<std::string_view> consumer_name,
                                      std::optional<LeaseStatus> status) const {
  std::vector<Lease> found;
  const Consumer* consumer = consumer_name ? find_consumer(*consumer_name) : nullptr;
  if (consumer_name && consumer == nullptr) return found;
  for (const ModelLease& each : leases) {
    if (consumer != nullptr && each.lease.consumer_id != consumer->id) continue;
    if (!status || each.lease.status == *status) found.push_back(each.lease);
  }
  return in_id_order(std::move(found));
}

std::vector<ProxyPool> Model::list_pools() const { return in_id_order(pools_); }

std::vector<Consumer> Model::list_consumers() const { return in_id_order(consumers); }

}  // namespace pharox::tests
