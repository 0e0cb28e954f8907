// The whole lease state, as a pure state machine: operation and moment in, result and list of
// record changes out. It reads no clock, takes no lock and does no I/O, so that millions of random
// steps can be checked against a naive model, in virtual time.
//
// Each operation checks everything that it may refuse before it changes anything; what it throws
// leaves only expired leases reclaimed, whose changes are in the list.
#pragma once

#include <algorithm>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/lease_table.h"
#include "engine/pool_index.h"
#include "engine/timer_wheel.h"
#include "engine/wait_queue.h"
#include "pharox/acquire_request.h"
#include "pharox/clock.h"
#include "pharox/consumer.h"
#include "pharox/filters.h"
#include "pharox/health.h"
#include "pharox/storage.h"
#include "storage/change.h"
#include "storage/recovery.h"

namespace pharox::engine {

// Steps of the wheel that an acquire pays for others before it chooses: enough to keep up with any
// steady load (each acquire makes one timer, which takes at most ten steps), too few to be felt: an
// ended lease costs its commit some microseconds.
constexpr std::size_t kReclaimBatch = 32;

// Throws InvalidLeaseError unless a lease of this duration can begin now.
void check_duration(Duration duration, const Moment& now);

struct PoolState {
  ProxyPool row;
  PoolIndex index;
  Uuid cursor{};  // the last one chosen by round robin; nil: none yet

  WaitQueue queue{};
  // Proxies that the operation under way made available, while somebody waits; and whether there
  // are more than were worth listing.
  std::vector<Ordinal> offers{};
  bool many_offers = false;
  std::uint64_t ended_waits = 0;
  Duration wait_time{};
};

// The end of a wait.
struct WaitOutcome {
  WaitId id;
  std::vector<Lease> leases{};  // none: its time was over, or its pool was deleted
  std::exception_ptr error{};   // what its predicate threw
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
  // Up to `count` leases at once, at most kMaxBatch.
  std::vector<Lease> acquire_many(const AcquireRequest& request, std::string_view consumer_name,
                                  std::size_t count, const Moment& now, ChangeList& changes);
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

  // -- Waiting: the algorithm stands at the head of wait_queue.h --------------------------------

  // Queues a caller whose acquire has found nothing in this moment, for up to `count` leases.
  // Nullopt: there is no such pool. Requires a request that acquire took.
  std::optional<WaitId> enqueue(const AcquireRequest& request, std::string_view consumer_name,
                                std::size_t count, const Moment& now);
  // Ends a wait of which nobody has to be told. Requires that it is not over.
  void withdraw(WaitId id, const Moment& now);
  // Leases to those who wait what the operations since the last call made available, and ends the
  // waits whose time is over. Call it after every operation, also after one that threw. In the
  // order in which they ended.
  std::vector<WaitOutcome> take_ended_waits(const Moment& now, ChangeList& changes);
  // Everybody who waits, in the order of arrival.
  std::vector<WaitId> waiting() const;

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

  // No lease is due and no wait is over before this moment on the boot clock.
  Duration next_event() const {
    constexpr TimerWheel::Ticks kNever = static_cast<TimerWheel::Ticks>(Duration::max().count());
    const Duration due{static_cast<Duration::rep>(std::min(wheel_.next_event(), kNever))};
    return deadlines_.empty() ? due : std::min(due, deadlines_.begin()->first);
  }
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
  void look_ahead(const Uuid& lease_id) override;
  void restore_lease(const format::StoredLease& stored) override;
  void restore_cursor(const Uuid& pool_id, const Uuid& last_chosen) override;
  void restore_token_mark(std::uint64_t mark) override;
  void restore_boot_anchor(const format::BootAnchor& anchor) override;
  void restore_last_lease(const Uuid& lease_id) override;
  void finish_recovery(const storage::RecoveryErrorHandler& on_error) override;

  // For a store that lost changes: no token among the next `count` behind its mark is handed out,
  // because they may have been before.
  void skip_tokens(std::uint64_t count, ChangeList& changes);

  // The last step of opening: moves the ends of all leases onto this boot's clock, starts their
  // timers, and makes the orders in which proxies are chosen.
  void resume(ChangeList& changes);
  // How many of them were due by then.
  std::size_t due_at_start() const { return due_at_start_; }

 private:
  PoolState* find_pool(std::string_view name) const;
  PoolState* find_pool(const Uuid& id) const;
  const Uuid& existing_consumer(std::string_view name) const;
  std::optional<Ordinal> choose(std::string_view pool_name, const ProxyFilters& filters,
                                SelectorStrategy selector, const Moment& now, ChangeList& changes);
  std::vector<Ordinal> choose_many(PoolState& pool, const ProxyFilters& filters,
                                   SelectorStrategy selector, std::size_t count, bool distinct);
  std::vector<Lease> lease_all(PoolState& pool, SelectorStrategy selector,
                               const std::vector<Ordinal>& chosen, const Uuid& consumer_id,
                               Duration duration, const Moment& now, ChangeList& changes);
  Lease lease_chosen(PoolState& pool, SelectorStrategy selector, Ordinal chosen,
                     const Uuid& consumer_id, Duration duration, const Moment& now,
                     ChangeList& changes);
  void offer(PoolState& pool, Ordinal ordinal);
  void serve_queues(const Moment& now, ChangeList& changes);
  void serve_queue(PoolState& pool, const Moment& now, ChangeList& changes);
  void end_wait(PoolState& pool, const Waiting& waiting, WaitOutcome outcome, const Moment& now);
  void leave_queue(PoolState& pool, const Waiting& waiting, WaitId id, const Moment& now);
  void drop_queue(PoolState& pool, const Moment& now);
  std::optional<std::string> validate_queues() const;
  void move_cursor(PoolState& pool, SelectorStrategy selector, Ordinal chosen, ChangeList& changes);
  Lease start_lease(PoolState& pool, Ordinal ordinal, const Uuid& consumer_id, Duration duration,
                    const Moment& now, ChangeList& changes);
  format::StoredLease finish_lease(LeaseSlot slot, EndReason reason, Timestamp now);
  void schedule(LeaseSlot slot);
  std::uint64_t next_token(ChangeList& changes);
  void put_proxy(const Proxy& proxy, PoolState& pool);
  void insert_proxy(const Proxy& proxy, PoolState& pool);
  void attach_leases(const storage::RecoveryErrorHandler& on_error);
  void resume_leases(ChangeList& changes);
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
  std::unordered_map<WaitId, PoolState*> waits_;
  std::set<std::pair<Duration, WaitId>> deadlines_;  // of the waits
  WaitId next_wait_ = 1;
  std::vector<PoolState*> offering_;               // pools that have offers
  std::vector<WaitOutcome> ended_waits_;           // until they are taken
  std::optional<format::BootAnchor> boot_anchor_;  // of the last boot that needed one
  std::size_t due_at_start_ = 0;
  std::uint64_t next_token_ = 1;
  std::uint64_t token_mark_ = 1;  // tokens below it are reserved in the journal
};

}  // namespace pharox::engine
