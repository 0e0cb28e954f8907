// IStorage: what a ProxyManager leases from. InMemoryStorage and RocksDbStorage are the two of this
// library; an adapter to any other database is a third.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "pharox/acquire_request.h"
#include "pharox/consumer.h"
#include "pharox/errors.h"
#include "pharox/filters.h"
#include "pharox/health.h"
#include "pharox/lease.h"
#include "pharox/native_storage.h"
#include "pharox/pool.h"
#include "pharox/proxy.h"

namespace pharox {

// A part of a list in id order: at most `limit` records whose ids are greater than `after`. The
// next page is after the last id of this one.
struct Page {
  Uuid after{};
  std::size_t limit = std::numeric_limits<std::size_t>::max();
};

// Thread safety: every call, from any thread. Returned records are copies.
//
// Errors: any call may throw StorageError, and those that take a name, a record or filters
// InvalidArgumentError; the comments name the others. A call that throws anything but StorageError
// has changed nothing but leases whose time was over.
class IStorage {
 public:
  virtual ~IStorage() = default;

  // -- Leasing ------------------------------------------------------------------------------------

  // The id of the consumer with this name, created when missing.
  virtual Uuid ensure_consumer(std::string_view name) = 0;

  // Reclaims leases that are due, then chooses a proxy without leasing it. Empty when nothing
  // matches or the pool is unknown. Round robin moves its cursor on.
  virtual std::optional<Proxy> find_available_proxy(std::string_view pool_name,
                                                    const ProxyFilters& filters,
                                                    SelectorStrategy selector) = 0;

  // Leases this proxy if it is below its limit, whatever its status. Throws ProxyUnavailableError
  // when it is not, ProxyNotFoundError, ConsumerNotFoundError, and InvalidLeaseError when the
  // duration is not positive.
  virtual Lease create_lease(const Uuid& proxy_id, std::string_view consumer_name,
                             Duration duration) = 0;

  // Reclaims leases that are due, then chooses and leases. Empty when nothing matches or the pool
  // is unknown. Throws ConsumerNotFoundError whether or not a proxy is free, and InvalidLeaseError
  // when the duration is not positive.
  //
  // This default, for adapters, chooses and leases in two steps and chooses anew, a few times, when
  // somebody else was faster; the storages of this library do it in one step.
  virtual std::optional<Lease> acquire(std::string_view pool_name, std::string_view consumer_name,
                                       Duration duration, const ProxyFilters& filters,
                                       SelectorStrategy selector);

  // Up to `count` leases (from 1 to kMaxBatch), all in one commit; as many as there are. Waits for
  // nothing. Throws as acquire does. The default acquires one after the other, in a commit each.
  virtual std::vector<Lease> acquire_many(const AcquireRequest& request, std::size_t count);

  // Ends the lease. True when it was active; false, with nothing changed, when it is unknown or had
  // ended before. Only the id of `lease` matters.
  virtual bool release_lease(const Lease& lease) = 0;

  // release_lease, returning the lease as it ended, or empty. The default asks get_lease.
  virtual std::optional<Lease> end_lease(const Lease& lease);

  // end_lease for many, in one commit for up to kMaxBatch of them: those that were active, as they
  // ended. The default ends one after the other.
  virtual std::vector<Lease> end_leases(std::span<const Lease> leases);

  // The lease with its end moved to now + duration; empty when it is no longer active or is due.
  // Throws InvalidLeaseError when the duration is not positive.
  virtual std::optional<Lease> renew_lease(const Lease& lease, Duration duration) = 0;

  // Ends every active lease that is due. Returns how many.
  virtual std::size_t cleanup_expired_leases() = 0;

  // -- Health and statistics
  // ------------------------------------------------------------------------

  // Sets the proxy's status and checked_at and keeps the result as its last one. Returns a copy of
  // the proxy; empty when it is unknown.
  virtual std::optional<Proxy> apply_health_check_result(const HealthCheckResult& result) = 0;

  // Empty when none was applied or the proxy is unknown.
  virtual std::optional<HealthCheckResult> get_last_health_result(const Uuid& proxy_id) = 0;

  // Empty when the pool is unknown.
  virtual std::optional<PoolStatsSnapshot> get_pool_stats(std::string_view pool_name) = 0;

  // -- Records
  // --------------------------------------------------------------------------------------

  // Insert, or replace by id. save_pool throws DuplicateNameError when another pool has the name;
  // the others PoolNotFoundError when the pool of a proxy is unknown. Replacing a proxy keeps its
  // active leases; a lowered limit stops new ones until enough have ended. The bulk is all or
  // nothing, in one commit; of two proxies with the same id the later one wins.
  virtual void save_pool(const ProxyPool& pool) = 0;
  virtual void save_proxy(const Proxy& proxy) = 0;
  virtual void add_proxies_bulk(std::span<const Proxy> proxies) = 0;

  // Throw PoolNotFoundError and ProxyNotFoundError.
  virtual ProxyPool get_pool(std::string_view name) = 0;
  virtual ProxyPool get_pool(const Uuid& id) = 0;
  virtual Proxy get_proxy(const Uuid& id) = 0;

  // Empty when unknown. Ended leases are found while the history keeps them.
  virtual std::optional<Proxy> get_proxy_by_id(const Uuid& id) = 0;
  virtual std::optional<Lease> get_lease(const Uuid& id) = 0;

  // In id order. list_proxies throws PoolNotFoundError; list_leases returns nothing for an unknown
  // consumer.
  virtual std::vector<ProxyPool> list_pools() = 0;
  virtual std::vector<Consumer> list_consumers() = 0;
  virtual std::vector<Proxy> list_proxies(std::string_view pool_name, const Page& page) = 0;
  virtual std::vector<Lease> list_leases(std::optional<std::string_view> consumer_name,
                                         std::optional<LeaseStatus> status, const Page& page) = 0;

  // A whole list at once.
  std::vector<Proxy> list_proxies(std::string_view pool_name);
  std::vector<Lease> list_leases(std::optional<std::string_view> consumer_name = {},
                                 std::optional<LeaseStatus> status = {});

  // Calls `visit` for each record of a list, page by page, until it returns false. No lock is held
  // meanwhile, so `visit` may call the storage; records that come and go during the visit are seen
  // or not.
  void visit_proxies(std::string_view pool_name, const std::function<bool(const Proxy&)>& visit);
  void visit_leases(std::optional<std::string_view> consumer_name,
                    std::optional<LeaseStatus> status,
                    const std::function<bool(const Lease&)>& visit);

  // Removes a proxy, or a pool with its proxies, and ends their active leases with the reason
  // `deleted`, in one commit. Throw ProxyNotFoundError and PoolNotFoundError.
  virtual void delete_proxy(const Uuid& id) = 0;
  virtual void delete_pool(const Uuid& id) = 0;

  // What the storages of this library can do beyond this interface; null for any other.
  virtual NativeStorage* native() { return nullptr; }
};

}  // namespace pharox
