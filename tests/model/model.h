// The naive model: what the contract says, over plain vectors, with every number counted anew each
// time it is asked for. It knows no index, no wheel, no journal.
//
// Leases are reclaimed in batches, and the contract does not say how large: the session tells the
// model which of the due leases the storage has reclaimed.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "pharox/clock.h"
#include "pharox/consumer.h"
#include "pharox/errors.h"
#include "pharox/filters.h"
#include "pharox/health.h"
#include "pharox/lease.h"
#include "pharox/pool.h"
#include "pharox/proxy.h"

namespace pharox::tests {

struct ModelLease {
  Lease lease;
  Duration duration{};  // granted, or last renewed
  Duration deadline{};  // on the clock of the boot beside it
  Uuid deadline_in_boot;

  bool active() const { return lease.status == LeaseStatus::active; }
};

class Model {
 public:
  // A copy is a moment to go back to.
  explicit Model(const Clock& clock) : clock_(&clock) {}

  // -- Records: throw what the contract says -----------------------------------------------------
  void save_pool(const ProxyPool& pool);
  void save_proxies(std::span<const Proxy> proxies);
  void delete_proxy(const Uuid& id);
  void delete_pool(const Uuid& id);
  std::optional<Proxy> apply_health(const HealthCheckResult& result);

  // -- Leasing -----------------------------------------------------------------------------------
  // The proxy that must be chosen now; round robin moves its cursor. Empty for an unknown pool.
  std::optional<Proxy> choose(std::string_view pool_name, const ProxyFilters& filters,
                              SelectorStrategy selector);
  // The lease that must come of it, but for its id and token.
  Lease new_lease(const Proxy& proxy, const Uuid& consumer_id, Duration duration) const;
  void add_lease(const Lease& lease, Duration duration);
  bool below_limit(const Proxy& proxy) const;
  std::optional<Lease> end_lease(const Uuid& id, EndReason reason);
  std::optional<Lease> renew(const Uuid& id, Duration duration);
  std::vector<ModelLease*> due();
  // The storage was opened anew: deadlines of other boots are computed from the wall clock, once.
  void reopened();

  // -- Reads: all that a storage can tell --------------------------------------------------------
  const ProxyPool* find_pool(std::string_view name) const;
  const Consumer* find_consumer(std::string_view name) const;
  ModelLease* find_lease(const Uuid& id);
  std::optional<Proxy> find_proxy(const Uuid& id) const;  // with its leases counted
  std::optional<PoolStatsSnapshot> stats(std::string_view pool_name) const;
  std::vector<Proxy> list_proxies(const Uuid& pool_id) const;
  std::vector<Lease> list_leases(std::optional<std::string_view> consumer_name,
                                 std::optional<LeaseStatus> status) const;
  std::vector<ProxyPool> list_pools() const;
  std::vector<Consumer> list_consumers() const;

  std::vector<Consumer> consumers;  // ids are the storage's: the session adds them
  std::vector<ModelLease> leases;   // active and ended, in order of acquisition
  std::map<Uuid, HealthCheckResult> health;

 private:
  Proxy counted(Proxy proxy) const;

  const Clock* clock_;
  std::vector<ProxyPool> pools_;
  std::vector<Proxy> proxies_;
  std::map<Uuid, Uuid> cursors_;
};

}  // namespace pharox::tests
