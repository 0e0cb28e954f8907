// What InMemoryStorage and RocksDbStorage have in common: all of it but where the records go.
#pragma once

#include <cstdint>
#include <memory>

#include "pharox/clock.h"
#include "pharox/durability.h"
#include "pharox/storage.h"

namespace pharox {

struct LeaseStorageOptions {
  // Null: the system clock. Must outlive the storage.
  const Clock* clock = nullptr;

  // A thread ends leases when they are due, so that statistics and other readers see it. Leasing
  // does not depend on it: every acquire reclaims what is due before it chooses. Has no meaning
  // with a virtual clock.
  bool background_reclaimer = true;

  HistoryLimits history;

  // Seeds the random parts of ids. Zero: from the operating system.
  std::uint64_t id_seed = 0;
};

namespace engine {
class StorageShell;
}

// The contract over the lease state in memory and a journal.
//
// Cost: leasing, release, renewal and statistics do not depend on the number of leases, and on the
// number of proxies at most logarithmically, but for filters: see ProxyManager::acquire_proxy.
class LeaseStorage : public IStorage, private NativeStorage {
 public:
  ~LeaseStorage() override;

  using IStorage::list_leases;
  using IStorage::list_proxies;

  Uuid ensure_consumer(std::string_view name) override;
  std::optional<Proxy> find_available_proxy(
      std::string_view pool_name, const ProxyFilters& filters = {},
      SelectorStrategy selector = SelectorStrategy::first_available) override;
  Lease create_lease(const Uuid& proxy_id, std::string_view consumer_name,
                     Duration duration) override;
  std::optional<Lease> acquire(
      std::string_view pool_name, std::string_view consumer_name, Duration duration,
      const ProxyFilters& filters = {},
      SelectorStrategy selector = SelectorStrategy::first_available) override;
  std::vector<Lease> acquire_many(const AcquireRequest& request, std::size_t count) override;
  bool release_lease(const Lease& lease) override;
  std::optional<Lease> end_lease(const Lease& lease) override;
  std::vector<Lease> end_leases(std::span<const Lease> leases) override;
  std::optional<Lease> renew_lease(const Lease& lease, Duration duration) override;
  std::size_t cleanup_expired_leases() override;
  std::optional<Proxy> apply_health_check_result(const HealthCheckResult& result) override;
  std::optional<HealthCheckResult> get_last_health_result(const Uuid& proxy_id) override;
  std::optional<PoolStatsSnapshot> get_pool_stats(std::string_view pool_name) override;
  void save_pool(const ProxyPool& pool) override;
  void save_proxy(const Proxy& proxy) override;
  void add_proxies_bulk(std::span<const Proxy> proxies) override;
  ProxyPool get_pool(std::string_view name) override;
  ProxyPool get_pool(const Uuid& id) override;
  Proxy get_proxy(const Uuid& id) override;
  std::optional<Proxy> get_proxy_by_id(const Uuid& id) override;
  std::optional<Lease> get_lease(const Uuid& id) override;
  std::vector<ProxyPool> list_pools() override;
  std::vector<Consumer> list_consumers() override;
  std::vector<Proxy> list_proxies(std::string_view pool_name, const Page& page) override;
  std::vector<Lease> list_leases(std::optional<std::string_view> consumer_name,
                                 std::optional<LeaseStatus> status, const Page& page) override;
  void delete_proxy(const Uuid& id) override;
  void delete_pool(const Uuid& id) override;
  NativeStorage* native() override { return this; }

  // Checks every invariant of the state in memory, in time linear in its size, while all other
  // calls wait. Returns the first one violated, as text.
  std::optional<std::string> validate();

 protected:
  explicit LeaseStorage(std::unique_ptr<engine::StorageShell> shell);

  std::unique_ptr<engine::StorageShell> shell_;

 private:
  std::optional<Lease> acquire(const AcquireRequest& request, AcquireTimes* times) override;
  std::vector<Lease> acquire_many(const AcquireRequest& request, std::size_t count,
                                  AcquireTimes* times) override;
  void start_acquire(const AcquireRequest& request, bool wants_times, Completion& done) override;
  void cancel(Completion& done) override;
  void hurry() override;
  void start_release(const Lease& lease, Completion& done) override;
  void start_renew(const Lease& lease, Duration duration, Completion& done) override;
};

}  // namespace pharox
