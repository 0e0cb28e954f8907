#include "engine/lease_state.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "pharox/errors.h"

namespace pharox::engine {
namespace {

// A reservation costs a synced commit, an unclean end loses what is left of it; both are rare.
constexpr std::uint64_t kTokenBlock = std::uint64_t{1} << 20;

// So many proxies at once are worth making a pool's orders anew for.
constexpr std::size_t kBulk = 1000;

// So far ahead of a proxy that is added its place is fetched: a few hundred nanoseconds.
constexpr std::size_t kAhead = 4;

TimerWheel::Ticks ticks(Duration since_boot) {
  return static_cast<TimerWheel::Ticks>(std::max(since_boot, Duration{0}).count());
}

std::uint64_t timer_payload(LeaseSlot slot, std::uint32_t generation) {
  return std::uint64_t{generation} << 32 | slot;
}

}  // namespace

void check_duration(Duration duration, const Moment& now) {
  if (duration <= Duration{0}) {
    throw InvalidLeaseError("duration is " + std::to_string(duration.count()) +
                            " microseconds; it must be positive");
  }
  if (duration > kMaxTimestamp - now.wall) {
    throw InvalidLeaseError("duration is " + std::to_string(duration.count()) +
                            " microseconds; the lease must end before the year 10000");
  }
}

namespace {

[[noreturn]] void throw_pool_not_found(const std::string& pool) {
  throw PoolNotFoundError("no pool '" + pool + "'");
}

}  // namespace

LeaseState::LeaseState(const Options& options)
    : started_(options.now),
      boot_id_(options.boot_id),
      ids_(options.id_seed),
      wheel_(ticks(options.now.since_boot)) {}

// -- Finding ------------------------------------------------------------------------------------

PoolState* LeaseState::find_pool(std::string_view name) const {
  if (last_found_ != nullptr && last_found_->row.name == name) return last_found_;
  const auto found = pools_by_name_.find(name);
  return found == pools_by_name_.end() ? nullptr : last_found_ = found->second;
}

PoolState* LeaseState::find_pool(const Uuid& id) const {
  if (last_found_ != nullptr && last_found_->row.id == id) return last_found_;
  const auto found = pools_.find(id);
  return found == pools_.end() ? nullptr : last_found_ = found->second.get();
}

std::optional<Uuid> LeaseState::consumer_id(std::string_view name) const {
  const auto found = consumers_by_name_.find(name);
  return found == consumers_by_name_.end() ? std::nullopt : std::optional(found->second);
}

const Uuid& LeaseState::existing_consumer(std::string_view name) const {
  const auto found = consumers_by_name_.find(name);
  if (found != consumers_by_name_.end()) return found->second;
  throw ConsumerNotFoundError("no consumer '" + std::string(name) + "'");
}

// -- Leasing ------------------------------------------------------------------------------------

Uuid LeaseState::ensure_consumer(std::string_view name, ChangeList& changes) {
  if (const auto id = consumer_id(name)) return *id;
  Consumer consumer{.id = ids_.v4(), .name = std::string(name)};
  pharox::validate(consumer);
  consumers_by_name_.emplace(consumer.name, consumer.id);
  consumers_.emplace(consumer.id, consumer);
  changes.add<storage::PutConsumer>(consumer);
  return consumer.id;
}

LeaseState::Reclaimed LeaseState::reclaim(const Moment& now, std::size_t budget,
                                          ChangeList& changes) {
  Reclaimed result;
  const auto expire = [&](std::uint64_t payload) {
    const auto slot = static_cast<LeaseSlot>(payload);
    // Ending a lease cancels its timer, so the slot cannot have another tenant by now.
    assert(leases_[slot].proxy && leases_[slot].generation == payload >> 32);
    changes.add<storage::EndLease>(finish_lease(slot, EndReason::expired, now.wall));
    ++result.leases;
  };
  result.more_due = !wheel_.advance(ticks(now.since_boot), budget, expire);
  return result;
}

std::optional<Ordinal> LeaseState::choose(std::string_view pool_name, const ProxyFilters& filters,
                                          SelectorStrategy selector, const Moment& now,
                                          ChangeList& changes) {
  PoolState* const pool = find_pool(pool_name);
  for (;;) {
    const bool more_due = reclaim(now, kReclaimBatch, changes).more_due;
    serve_queues(now, changes);  // whoever waits was first
    if (pool == nullptr) return std::nullopt;
    const auto chosen = pool->index.choose(filters, selector, pool->cursor, pool->row.id);
    // Nobody is refused a proxy whose lease is over.
    if (chosen || !more_due) return chosen;
  }
}

void LeaseState::move_cursor(PoolState& pool, SelectorStrategy selector, Ordinal chosen,
                             ChangeList& changes) {
  if (selector != SelectorStrategy::round_robin) return;
  pool.cursor = pool.index.row(chosen).id;
  changes.add<storage::PutCursor>(pool.row.id, pool.cursor);
}

std::optional<Proxy> LeaseState::find_available_proxy(std::string_view pool_name,
                                                      const ProxyFilters& filters,
                                                      SelectorStrategy selector, const Moment& now,
                                                      ChangeList& changes) {
  pharox::validate(filters);
  const auto chosen = choose(pool_name, filters, selector, now, changes);
  if (!chosen) return std::nullopt;
  PoolState& pool = *find_pool(pool_name);
  move_cursor(pool, selector, *chosen, changes);
  return pool.index.proxy(*chosen, pool.row.id);
}

std::optional<Lease> LeaseState::acquire(std::string_view pool_name, std::string_view consumer_name,
                                         Duration duration, const ProxyFilters& filters,
                                         SelectorStrategy selector, const Moment& now,
                                         ChangeList& changes) {
  check_duration(duration, now);
  pharox::validate(filters);
  const Uuid& consumer_id = existing_consumer(consumer_name);
  const auto chosen = choose(pool_name, filters, selector, now, changes);
  if (!chosen) return std::nullopt;
  return lease_chosen(*find_pool(pool_name), selector, *chosen, consumer_id, duration, now,
                      changes);
}

Lease LeaseState::lease_chosen(PoolState& pool, SelectorStrategy selector, Ordinal chosen,
                               const Uuid& consumer_id, Duration duration, const Moment& now,
                               ChangeList& changes) {
  move_cursor(pool, selector, chosen, changes);
  return start_lease(pool, chosen, consumer_id, duration, now, changes);
}

Lease LeaseState::create_lease(const Uuid& proxy_id, std::string_view consumer_name,
                               Duration duration, const Moment& now, ChangeList& changes) {
  check_duration(duration, now);
  const Uuid& consumer_id = existing_consumer(consumer_name);
  ProxyPlace* const found = proxies_.find(proxy_id);
  if (found == nullptr) throw ProxyNotFoundError("no proxy " + proxy_id.to_string());
  ProxyPlace& place = *found;
  const ProxyRow& row = place.pool->index.row(place.ordinal);
  for (bool more_due = true; more_due;) {
    more_due = reclaim(now, kReclaimBatch, changes).more_due;
    serve_queues(now, changes);
    if (row.below_limit()) break;
  }
  if (!row.below_limit()) {
    throw ProxyUnavailableError("proxy " + proxy_id.to_string() + " is at its limit of " +
                                std::to_string(row.max_concurrency) + " active leases");
  }
  return start_lease(*place.pool, place.ordinal, consumer_id, duration, now, changes);
}

std::uint64_t LeaseState::next_token(ChangeList& changes) {
  if (next_token_ >= token_mark_) {
    token_mark_ = next_token_ + kTokenBlock;
    changes.add<storage::PutTokenMark>(token_mark_);
  }
  return next_token_++;
}

Lease LeaseState::start_lease(PoolState& pool, Ordinal ordinal, const Uuid& consumer_id,
                              Duration duration, const Moment& now, ChangeList& changes) {
  const ProxyRow& row = pool.index.row(ordinal);
  ProxyPlace& place = proxies_[row.owner];
  __builtin_prefetch(&place);
  format::StoredLease stored{
      .lease = Lease{.id = ids_.v7(now.wall),
                     .proxy_id = row.id,
                     .consumer_id = consumer_id,
                     .pool_id = pool.row.id,
                     .pool_name = pool.row.name,
                     .status = LeaseStatus::active,
                     .acquired_at = now.wall,
                     .expires_at = now.wall + duration,
                     .released_at = std::nullopt,
                     .end_reason = std::nullopt,
                     .token = next_token(changes)},
      .duration = duration,
      .deadline_since_boot = now.since_boot + duration,
      .boot_id = boot_id_,
  };
  changes.add<storage::PutLease>(stored);
  const LeaseSlot slot = leases_.insert(stored);
  leases_.attach(slot, place);
  schedule(slot);
  pool.index.set_leases(ordinal, row.leases + 1);
  return std::move(stored.lease);
}

void LeaseState::schedule(LeaseSlot slot) {
  ActiveLease& lease = leases_[slot];
  lease.timer =
      wheel_.schedule(ticks(lease.deadline_since_boot), timer_payload(slot, lease.generation));
}

// Ends an active lease whose timer has fired or is cancelled here.
format::StoredLease LeaseState::finish_lease(LeaseSlot slot, EndReason reason, Timestamp now) {
  ActiveLease& active = leases_[slot];
  ProxyPlace& place = *active.proxy;
  PoolIndex& index = place.pool->index;
  index.prefetch(place.ordinal);
  leases_.prefetch_behind(slot);
  if (reason != EndReason::expired) wheel_.cancel(active.timer);
  format::StoredLease ended = active.stored();
  leases_.erase(slot);
  index.set_leases(place.ordinal, index.row(place.ordinal).leases - 1);
  offer(*place.pool, place.ordinal);

  ended.lease.status = LeaseStatus::released;
  ended.lease.released_at = now;
  ended.lease.end_reason = reason;
  return ended;
}

std::optional<Lease> LeaseState::release_lease(const Uuid& id, const Moment& now,
                                               ChangeList& changes) {
  const LeaseSlot slot = leases_.find(id);
  if (slot == kNoLease) return std::nullopt;
  format::StoredLease ended = finish_lease(slot, EndReason::consumer, now.wall);
  Lease result = ended.lease;
  changes.add<storage::EndLease>(std::move(ended));
  return result;
}

std::optional<Lease> LeaseState::renew_lease(const Uuid& id, Duration duration, const Moment& now,
                                             ChangeList& changes) {
  check_duration(duration, now);
  const LeaseSlot slot = leases_.find(id);
  if (slot == kNoLease) return std::nullopt;
  ActiveLease& active = leases_[slot];
  if (active.deadline_since_boot <= now.since_boot) return std::nullopt;
  wheel_.cancel(active.timer);
  active.duration = duration;
  active.deadline_since_boot = now.since_boot + duration;
  active.boot_id = boot_id_;
  active.expires_at = now.wall + duration;
  schedule(slot);
  format::StoredLease renewed = active.stored();
  changes.add<storage::PutLease>(renewed);
  return std::move(renewed.lease);
}

// -- Records ------------------------------------------------------------------------------------

std::optional<Proxy> LeaseState::apply_health_check_result(const HealthCheckResult& result,
                                                           ChangeList& changes) {
  pharox::validate(result);
  const ProxyPlace* const found = proxies_.find(result.proxy_id);
  if (found == nullptr) return std::nullopt;
  const auto& [pool, ordinal, first_lease] = *found;
  pool->index.set_health(ordinal, result.status, result.checked_at);
  offer(*pool, ordinal);
  Proxy proxy = pool->index.proxy(ordinal, pool->row.id);
  changes.add<storage::PutProxy>(proxy);
  changes.add<storage::PutHealth>(result);
  return proxy;
}

void LeaseState::save_pool(const ProxyPool& pool, ChangeList& changes) {
  pharox::validate(pool);
  const PoolState* named = find_pool(pool.name);
  if (named != nullptr && named->row.id != pool.id) {
    throw DuplicateNameError("pool.name '" + pool.name + "' is taken by pool " +
                             named->row.id.to_string());
  }
  auto& state = pools_[pool.id];
  if (!state) state = std::make_unique<PoolState>();
  if (!named) {
    pools_by_name_.erase(state->row.name);
    pools_by_name_.emplace(pool.name, state.get());
  }
  state->row = pool;
  changes.add<storage::PutPool>(pool);
}

void LeaseState::add_proxies(std::span<const Proxy> proxies, ChangeList& changes) {
  const auto find_pool_of = [&](const Proxy& proxy) -> PoolState& {
    PoolState* const pool = find_pool(proxy.pool_id);
    if (pool == nullptr) throw_pool_not_found(proxy.pool_id.to_string());
    return *pool;
  };
  std::unordered_map<PoolState*, std::size_t> added;
  for (const Proxy& proxy : proxies) {
    pharox::validate(proxy);
    ++added[&find_pool_of(proxy)];
  }
  // For many at once, making a pool's orders anew is cheaper than inserting into them.
  std::erase_if(added, [](const auto& each) {
    return each.second < kBulk || each.second < each.first->index.size() / 4;
  });
  for (const auto& [each, count] : added) each->index.suspend_orders(count);
  if (proxies.size() >= kBulk) {
    changes.reserve(changes.size() + proxies.size());
    proxies_.reserve(proxies_.size() + proxies.size());
  }
  for (std::size_t i = 0; i < proxies.size(); ++i) {
    if (i + kAhead < proxies.size()) proxies_.prefetch(proxies[i + kAhead].id);
    put_proxy(proxies[i], find_pool_of(proxies[i]));
    changes.add<storage::PutProxy>(proxies[i]);
  }
  for (const auto& [each, count] : added) each->index.resume_orders();
}

void LeaseState::put_proxy(const Proxy& proxy, PoolState& pool) {
  ProxyPlace* const place = proxies_.find(proxy.id);
  if (place == nullptr) {
    insert_proxy(proxy, pool);
  } else if (place->pool == &pool) {
    pool.index.replace(place->ordinal, proxy);
  } else {
    const ProxyRow& row = place->pool->index.row(place->ordinal);
    const Ordinal moved = pool.index.insert(proxy, row.leases, row.owner);
    place->pool->index.erase(place->ordinal);
    place->pool = &pool;
    place->ordinal = moved;
  }
  if (!pool.queue.empty()) offer(pool, proxies_.find(proxy.id)->ordinal);
}

void LeaseState::insert_proxy(const Proxy& proxy, PoolState& pool) {
  const std::uint32_t number = proxies_.insert(proxy.id);
  proxies_[number] = {&pool, pool.index.insert(proxy, 0, number), kNoLease};
}

void LeaseState::remove_proxy(const Uuid& id, const Moment& now, ChangeList& changes) {
  ProxyPlace& place = *proxies_.find(id);
  while (place.first_lease != kNoLease) {
    changes.add<storage::EndLease>(finish_lease(place.first_lease, EndReason::deleted, now.wall));
  }
  PoolIndex& index = place.pool->index;
  const Ordinal ordinal = place.ordinal;
  proxies_.erase(id);  // looks at the row
  index.erase(ordinal);
  changes.add<storage::EraseProxy>(id);
}

void LeaseState::delete_proxy(const Uuid& id, const Moment& now, ChangeList& changes) {
  if (proxies_.find(id) == nullptr) throw ProxyNotFoundError("no proxy " + id.to_string());
  remove_proxy(id, now, changes);
}

void LeaseState::delete_pool(const Uuid& id, const Moment& now, ChangeList& changes) {
  const auto found = pools_.find(id);
  if (found == pools_.end()) throw_pool_not_found(id.to_string());
  PoolIndex& index = found->second->index;
  for (const Ordinal ordinal : index.list(Uuid{}, Page{}.limit)) {
    remove_proxy(Uuid(index.row(ordinal).id), now, changes);
  }
  drop_queue(*found->second, now);
  pools_by_name_.erase(found->second->row.name);
  last_found_ = nullptr;
  pools_.erase(found);
  changes.add<storage::ErasePool>(id);
}

// -- Reads --------------------------------------------------------------------------------------

std::optional<PoolStatsSnapshot> LeaseState::pool_stats(std::string_view pool_name,
                                                        Timestamp now) const {
  const PoolState* pool = find_pool(pool_name);
  if (pool == nullptr) return std::nullopt;
  PoolStatsSnapshot stats = pool->index.stats();
  stats.pool_name = pool->row.name;
  stats.waiting_callers = pool->queue.size();
  stats.ended_waits = pool->ended_waits;
  stats.wait_time = pool->wait_time;
  stats.collected_at = now;
  return stats;
}

const ProxyPool& LeaseState::pool(std::string_view name) const {
  const PoolState* pool = find_pool(name);
  if (pool == nullptr) throw_pool_not_found(std::string(name));
  return pool->row;
}

const ProxyPool& LeaseState::pool(const Uuid& id) const {
  const PoolState* pool = find_pool(id);
  if (pool == nullptr) throw_pool_not_found(id.to_string());
  return pool->row;
}

std::optional<Proxy> LeaseState::proxy(const Uuid& id) const {
  const ProxyPlace* const found = proxies_.find(id);
  if (found == nullptr) return std::nullopt;
  return found->pool->index.proxy(found->ordinal, found->pool->row.id);
}

std::optional<Lease> LeaseState::active_lease(const Uuid& id) const {
  const LeaseSlot slot = leases_.find(id);
  if (slot == kNoLease) return std::nullopt;
  return leases_[slot].lease();
}

std::vector<ProxyPool> LeaseState::pools() const {
  std::vector<ProxyPool> rows;
  for (const auto& [id, pool] : pools_) rows.push_back(pool->row);
  std::ranges::sort(rows, {}, &ProxyPool::id);
  return rows;
}

std::vector<Consumer> LeaseState::consumers() const {
  std::vector<Consumer> rows;
  for (const auto& [id, consumer] : consumers_) rows.push_back(consumer);
  return rows;
}

std::vector<Proxy> LeaseState::proxies(std::string_view pool_name, const Page& page) const {
  const PoolState* pool = find_pool(pool_name);
  if (pool == nullptr) throw_pool_not_found(std::string(pool_name));
  std::vector<Proxy> rows;
  for (const Ordinal ordinal : pool->index.list(page.after, page.limit)) {
    rows.push_back(pool->index.proxy(ordinal, pool->row.id));
  }
  return rows;
}

std::vector<Lease> LeaseState::active_leases(const std::optional<Uuid>& consumer_id,
                                             const Page& page) const {
  std::vector<Lease> rows;
  for (LeaseSlot slot = leases_.first_after(page.after);
       slot != kNoLease && rows.size() < page.limit; slot = leases_[slot].next) {
    const ActiveLease& lease = leases_[slot];
    if (!consumer_id || lease.consumer_id == *consumer_id) rows.push_back(lease.lease());
  }
  return rows;
}

}  // namespace pharox::engine
