// The whole lease state, as a pure state machine: operation and moment in, result and list of
// record changes out. It reads no clock, takes no lock and does no I/O, so that millions of random
// steps can be checked against a naive model, in virtual time.
//
// Each operation checks everything that it may refuse before it changes anything; what it throws
// leaves only expired leases reclaimed, whose changes are in the list.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/lease_table.h"
#include "engine/pool_index.h"
#include "engine/timer_wheel.h"
#include "pharox/clock.h"
#include "pharox/consumer.h"
#include "pharox/filters.h"
#include "pharox/health.h"
#include "pharox/storage.h"
#include "storage/change.h"
#include "storage/recovery.h"

namespace pharox::engine {

struct PoolState {
  ProxyPool row;
  PoolIndex index;
  Uuid cursor{};  // the last one chosen by round robin; nil: none yet
};

// Not thread-safe.
class LeaseState final : public storage::RecoverySink {
 public:
  struct Options {
    Moment now;             // when the state begins
    Uuid boot_id;           // of now.since_boot
    std::uint64_t id_seed;  // of the generated ids
  };
  explicit LeaseState(const Options& options);

  using ChangeList = storage::ChangeList;

  // -- Operations: the contract's, section 3 ----------------------------------------------------

  Uuid ensure_consumer(std::string_view name, ChangeList& changes);
  std::optional<Proxy> find_available_proxy(std::string_view pool_name, const ProxyFilters& filters,
                                            SelectorStrategy selector, const Moment& now,
                                            ChangeList& changes);
  Lease create_lease(const Uuid& proxy_id, std::string_view consumer_name, Duration duration,
                     const Moment& now, ChangeList& changes);
  std::optional<Lease> acquire(std::string_view pool_name, std::string_view consumer_name,
                               Duration duration, const ProxyFilters& filters,
                               SelectorStrategy selector, const Moment& now, ChangeList& changes);
  // The lease as it ended; empty when it was not active.
  std::optional<Lease> release_lease(const Uuid& id, const Moment& now, ChangeList& changes);
  std::optional<Lease> renew_lease(const Uuid& id, Duration duration, const Moment& now,
                                   ChangeList& changes);
  std::optional<Proxy> apply_health_check_result(const HealthCheckResult& result,
                                                 ChangeList& changes);
  void save_pool(const ProxyPool& pool, ChangeList& changes);
  void add_proxies(std::span<const Proxy> proxies, ChangeList& changes);
  void delete_proxy(const Uuid& id, const Moment& now, ChangeList& changes);
  void delete_pool(const Uuid& id, const Moment& now, ChangeList& changes);

  struct Reclaimed {
    std::size_t leases = 0;
    bool more_due = false;
  };
  // Ends due leases in at most `budget` steps of the timer wheel.
  Reclaimed reclaim(const Moment& now, std::size_t budget, ChangeList& changes);

  // -- Reads ----------------------------------------------------------------------------------

  std::optional<PoolStatsSnapshot> pool_stats(std::string_view pool_name, Timestamp now) const;
  const ProxyPool& pool(std::string_view name) const;  // throws PoolNotFoundError
  const ProxyPool& pool(const Uuid& id) const;         // throws PoolNotFoundError
  std::optional<Proxy> proxy(const Uuid& id) const;
  std::optional<Lease> active_lease(const Uuid& id) const;
  std::vector<ProxyPool> pools() const;
  std::vector<Consumer> consumers() const;
  std::vector<Proxy> proxies(std::string_view pool_name, const Page& page) const;
  // With nullopt for a consumer: of everyone.
  std::vector<Lease> active_leases(const std::optional<Uuid>& consumer_id, const Page& page) const;
  std::optional<Uuid> consumer_id(std::string_view name) const;

  // No lease is due before this moment on the boot clock.
  Duration next_event() const { return Duration{static_cast<Duration::rep>(wheel_.next_event())}; }
  std::size_t lease_count() const { return leases_.size(); }
  std::size_t proxy_count() const { return proxies_.size(); }

  // The first invariant violated, in a structure or across them.
  std::optional<std::string> validate() const;

  // -- Recovery -------------------------------------------------------------------------------

  void restore_pool(ProxyPool pool) override;
  void restore_consumer(Consumer consumer) override;
  void expect_proxies(std::size_t count) override;
  void look_ahead(std::span<const Proxy> proxies) override;
  void restore_proxy(const Proxy& proxy) override;
  void expect_leases(std::size_t count) override;
  void restore_lease(const format::StoredLease& stored) override;
  void restore_cursor(const Uuid& pool_id, const Uuid& last_chosen) override;
  void restore_token_mark(std::uint64_t mark) override;
  void restore_boot_anchor(const format::BootAnchor& anchor) override;
  void restore_last_ended(const Uuid& lease_id) override;
  void finish_recovery(const storage::RecoveryErrorHandler& on_error) override;

  // For a store that lost changes: no token among the next `count` behind its mark is handed out,
  // because they may have been before.
  void skip_tokens(std::uint64_t count, ChangeList& changes);

  // The last step of opening: moves the ends of all leases onto this boot's clock and starts their
  // timers.
  void resume_leases(ChangeList& changes);
  // How many of them were due by then.
  std::size_t due_at_start() const { return due_at_start_; }

 private:
  PoolState* find_pool(std::string_view name) const;
  PoolState* find_pool(const Uuid& id) const;
  const Uuid& existing_consumer(std::string_view name) const;
  std::optional<Ordinal> choose(std::string_view pool_name, const ProxyFilters& filters,
                                SelectorStrategy selector, const Moment& now, ChangeList& changes);
  void move_cursor(PoolState& pool, SelectorStrategy selector, Ordinal chosen, ChangeList& changes);
  Lease start_lease(ProxyPlace& place, const Uuid& consumer_id, Duration duration,
                    const Moment& now, ChangeList& changes);
  format::StoredLease finish_lease(LeaseSlot slot, EndReason reason, Timestamp now);
  void schedule(LeaseSlot slot);
  std::uint64_t next_token(ChangeList& changes);
  void put_proxy(const Proxy& proxy, PoolState& pool);
  void insert_proxy(const Proxy& proxy, PoolState& pool);
  void attach_leases(const storage::RecoveryErrorHandler& on_error);
  void remove_proxy(const Uuid& id, const Moment& now, ChangeList& changes);

  const Moment started_;
  const Uuid boot_id_;
  UuidGenerator ids_;
  TimerWheel wheel_;
  LeaseTable leases_;
  std::unordered_map<Uuid, std::unique_ptr<PoolState>> pools_;
  mutable PoolState* last_found_ = nullptr;  // most calls and rows are of the same pool
  std::map<std::string, PoolState*, std::less<>> pools_by_name_;
  ProxyTable proxies_;
  std::map<Uuid, Consumer> consumers_;
  std::map<std::string, Uuid, std::less<>> consumers_by_name_;
  std::optional<format::BootAnchor> boot_anchor_;  // of the last boot that needed one
  std::size_t due_at_start_ = 0;
  std::uint64_t next_token_ = 1;
  std::uint64_t token_mark_ = 1;  // tokens below it are reserved in the journal
};

}  // namespace pharox::engine
