#include "pharox/lease_storage.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "engine/storage_shell.h"
#include "pharox/errors.h"

namespace pharox {

using engine::LeaseState;
using storage::ChangeList;
using storage::Journal;

LeaseStorage::LeaseStorage(std::unique_ptr<engine::StorageShell> shell)
    : shell_(std::move(shell)) {}

LeaseStorage::~LeaseStorage() = default;

// -- Leasing --------------------------------------------------------------------------------------

Uuid LeaseStorage::ensure_consumer(std::string_view name) {
  return shell_->ensure([&](LeaseState& state, const Moment&, ChangeList& changes) {
    return state.ensure_consumer(name, changes);
  });
}

std::optional<Proxy> LeaseStorage::find_available_proxy(std::string_view pool_name,
                                                        const ProxyFilters& filters,
                                                        SelectorStrategy selector) {
  return shell_->write([&](LeaseState& state, const Moment& now, ChangeList& changes) {
    return state.find_available_proxy(pool_name, filters, selector, now, changes);
  });
}

Lease LeaseStorage::create_lease(const Uuid& proxy_id, std::string_view consumer_name,
                                 Duration duration) {
  return shell_->write([&](LeaseState& state, const Moment& now, ChangeList& changes) {
    return state.create_lease(proxy_id, consumer_name, duration, now, changes);
  });
}

std::optional<Lease> LeaseStorage::acquire(std::string_view pool_name,
                                           std::string_view consumer_name, Duration duration,
                                           const ProxyFilters& filters, SelectorStrategy selector) {
  return shell_->write([&](LeaseState& state, const Moment& now, ChangeList& changes) {
    return state.acquire(pool_name, consumer_name, duration, filters, selector, now, changes);
  });
}

std::vector<Lease> LeaseStorage::acquire_many(const AcquireRequest& request, std::size_t count) {
  AcquireRequest at_once = request;
  at_once.wait_for = Duration{0};
  return shell_->acquire_many(at_once, count, nullptr);
}

std::optional<Lease> LeaseStorage::acquire(const AcquireRequest& request, AcquireTimes* times) {
  return shell_->acquire(request, times);
}

std::vector<Lease> LeaseStorage::acquire_many(const AcquireRequest& request, std::size_t count,
                                              AcquireTimes* times) {
  return shell_->acquire_many(request, count, times);
}

void LeaseStorage::start_acquire(const AcquireRequest& request, bool wants_times,
                                 Completion& done) {
  shell_->start_acquire(request, wants_times, done);
}

void LeaseStorage::cancel(Completion& done) { shell_->cancel(done); }

void LeaseStorage::hurry() { shell_->hurry(); }

void LeaseStorage::start_release(const Lease& lease, Completion& done) {
  const auto release = [&](LeaseState& state, const Moment& now, ChangeList& changes) {
    return state.release_lease(lease.id, now, changes);
  };
  shell_->start(release, true, done);
}

void LeaseStorage::start_renew(const Lease& lease, Duration duration, Completion& done) {
  const auto renew = [&](LeaseState& state, const Moment& now, ChangeList& changes) {
    return state.renew_lease(lease.id, duration, now, changes);
  };
  shell_->start(renew, false, done);
}

std::vector<Lease> LeaseStorage::end_leases(std::span<const Lease> leases) {
  std::vector<Lease> ended;
  while (!leases.empty()) {
    const auto batch = leases.first(std::min(leases.size(), kMaxBatch));
    leases = leases.subspan(batch.size());
    const auto released =
        shell_->ensure([&](LeaseState& state, const Moment& now, ChangeList& changes) {
          std::vector<Lease> each;
          for (const Lease& lease : batch) {
            if (auto one = state.release_lease(lease.id, now, changes)) each.push_back(*one);
          }
          return each;
        });
    ended.insert(ended.end(), released.begin(), released.end());
  }
  return ended;
}

bool LeaseStorage::release_lease(const Lease& lease) { return end_lease(lease).has_value(); }

std::optional<Lease> LeaseStorage::end_lease(const Lease& lease) {
  return shell_->ensure([&](LeaseState& state, const Moment& now, ChangeList& changes) {
    return state.release_lease(lease.id, now, changes);
  });
}

std::optional<Lease> LeaseStorage::renew_lease(const Lease& lease, Duration duration) {
  return shell_->write([&](LeaseState& state, const Moment& now, ChangeList& changes) {
    return state.renew_lease(lease.id, duration, now, changes);
  });
}

std::size_t LeaseStorage::cleanup_expired_leases() {
  // In batches, so that other calls get the lock in between; up to one moment, so that it ends
  // however fast new leases come due.
  constexpr std::size_t kBatch = 512;
  const Moment until = shell_->read([](const LeaseState&, const Moment& now) { return now; });
  std::size_t ended = 0;
  for (bool more_due = true; more_due;) {
    const auto batch =
        shell_->write([&](LeaseState& state, const Moment& now, ChangeList& changes) {
          return state.reclaim({now.wall, until.since_boot}, kBatch, changes);
        });
    ended += batch.leases;
    more_due = batch.more_due;
    if (more_due) shell_->give_way();
  }
  return ended;
}

// -- Health and statistics
// --------------------------------------------------------------------------

std::optional<Proxy> LeaseStorage::apply_health_check_result(const HealthCheckResult& result) {
  return shell_->write([&](LeaseState& state, const Moment&, ChangeList& changes) {
    return state.apply_health_check_result(result, changes);
  });
}

std::optional<HealthCheckResult> LeaseStorage::get_last_health_result(const Uuid& proxy_id) {
  return shell_->read_journal([&](Journal& journal) { return journal.find_health(proxy_id); });
}

std::optional<PoolStatsSnapshot> LeaseStorage::get_pool_stats(std::string_view pool_name) {
  return shell_->read([&](const LeaseState& state, const Moment& now) {
    return state.pool_stats(pool_name, now.wall);
  });
}

// -- Records
// ----------------------------------------------------------------------------------------

void LeaseStorage::save_pool(const ProxyPool& pool) {
  shell_->write([&](LeaseState& state, const Moment&, ChangeList& changes) {
    state.save_pool(pool, changes);
    return std::monostate{};
  });
}

void LeaseStorage::save_proxy(const Proxy& proxy) { add_proxies_bulk({&proxy, 1}); }

void LeaseStorage::add_proxies_bulk(std::span<const Proxy> proxies) {
  shell_->write([&](LeaseState& state, const Moment&, ChangeList& changes) {
    state.add_proxies(proxies, changes);
    return std::monostate{};
  });
}

ProxyPool LeaseStorage::get_pool(std::string_view name) {
  return shell_->read([&](const LeaseState& state, const Moment&) { return state.pool(name); });
}

ProxyPool LeaseStorage::get_pool(const Uuid& id) {
  return shell_->read([&](const LeaseState& state, const Moment&) { return state.pool(id); });
}

Proxy LeaseStorage::get_proxy(const Uuid& id) {
  if (auto proxy = get_proxy_by_id(id)) return *std::move(proxy);
  throw ProxyNotFoundError("no proxy " + id.to_string());
}

std::optional<Proxy> LeaseStorage::get_proxy_by_id(const Uuid& id) {
  return shell_->read([&](const LeaseState& state, const Moment&) { return state.proxy(id); });
}

std::optional<Lease> LeaseStorage::get_lease(const Uuid& id) {
  // The active ones first: a lease that ends in between is in the history by then.
  auto active =
      shell_->read([&](const LeaseState& state, const Moment&) { return state.active_lease(id); });
  if (active) return active;
  auto ended = shell_->read_journal([&](Journal& journal) { return journal.find_ended_lease(id); });
  if (!ended) return std::nullopt;
  return std::move(ended->lease);
}

std::vector<ProxyPool> LeaseStorage::list_pools() {
  return shell_->read([](const LeaseState& state, const Moment&) { return state.pools(); });
}

std::vector<Consumer> LeaseStorage::list_consumers() {
  return shell_->read([](const LeaseState& state, const Moment&) { return state.consumers(); });
}

std::vector<Proxy> LeaseStorage::list_proxies(std::string_view pool_name, const Page& page) {
  return shell_->read(
      [&](const LeaseState& state, const Moment&) { return state.proxies(pool_name, page); });
}

std::vector<Lease> LeaseStorage::list_leases(std::optional<std::string_view> consumer_name,
                                             std::optional<LeaseStatus> status, const Page& page) {
  std::optional<Uuid> consumer;
  if (consumer_name) {
    consumer = shell_->read(
        [&](const LeaseState& state, const Moment&) { return state.consumer_id(*consumer_name); });
    if (!consumer) return {};
  }
  std::vector<Lease> active;
  if (status != LeaseStatus::released) {
    active = shell_->read([&](const LeaseState& state, const Moment&) {
      return state.active_leases(consumer, page);
    });
  }
  if (status == LeaseStatus::active) return active;

  std::vector<Lease> ended;
  shell_->read_journal([&](Journal& journal) {
    journal.visit_ended_leases(page.after, [&](const format::StoredLease& stored) {
      if (ended.size() == page.limit) return false;
      if (!consumer || stored.lease.consumer_id == *consumer) ended.push_back(stored.lease);
      return true;
    });
    return std::monostate{};
  });
  // A lease that ended between the two reads is in both: std::set_union takes the first range's.
  std::vector<Lease> merged;
  std::ranges::set_union(ended, active, std::back_inserter(merged), {}, &Lease::id, &Lease::id);
  if (merged.size() > page.limit) merged.resize(page.limit);
  return merged;
}

void LeaseStorage::delete_proxy(const Uuid& id) {
  shell_->write([&](LeaseState& state, const Moment& now, ChangeList& changes) {
    state.delete_proxy(id, now, changes);
    return std::monostate{};
  });
}

void LeaseStorage::delete_pool(const Uuid& id) {
  shell_->write([&](LeaseState& state, const Moment& now, ChangeList& changes) {
    state.delete_pool(id, now, changes);
    return std::monostate{};
  });
}

std::optional<std::string> LeaseStorage::validate() {
  return shell_->read([](const LeaseState& state, const Moment&) { return state.validate(); });
}

}  // namespace pharox
