// ProxyManager: leases proxies to workers.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pharox/acquire_request.h"
#include "pharox/events.h"
#include "pharox/retry.h"
#include "pharox/scoped_lease.h"
#include "pharox/storage.h"

namespace pharox {

namespace engine {
class LeaseKeeper;
}

// Stateless but for its callbacks. Thread safety: every call, from any thread.
class ProxyManager {
 public:
  static constexpr std::string_view kDefaultConsumerName = kDefaultConsumer;

  // Gets exceptions that have no caller to go to: those of callbacks, and of a release in the
  // destructor of a ScopedLease. `where` says which. Must not throw. Default: a line on stderr.
  using ErrorHandler = std::function<void(std::string_view where, std::exception_ptr error)>;

  // The storage is not owned and must outlive the manager.
  explicit ProxyManager(IStorage& storage, ErrorHandler on_error = {});

  ~ProxyManager();
  ProxyManager(const ProxyManager&) = delete;
  ProxyManager& operator=(const ProxyManager&) = delete;

  IStorage& storage() const { return storage_; }

  // Leases a proxy of the pool, chosen by the selector among those that are active, below their
  // concurrency limit and match the filters. Leases whose time is over are reclaimed before.
  //
  // On success the caller holds the proxy (storage().get_proxy(lease->proxy_id)) for the duration,
  // counted in microseconds from the choice on a clock that nobody can set, and the lease is as
  // durable as the storage promises. Never are more leases of a proxy active than its
  // max_concurrency. Empty when nothing matches or the pool is unknown.
  //
  // With wait_for, it queues when nothing matches, and is woken by the release, the expiry, the
  // health result, the new proxy or the raised limit that makes a match: first come, first served
  // among those who could use the same proxy. Empty when the time is over. The lease's duration
  // begins when it is granted. A predicate is then asked by whichever thread makes a proxy
  // available. A storage that is none of this library's is asked again and again instead.
  //
  // Throws InvalidLeaseError when the duration is not positive, InvalidArgumentError when the
  // filters or wait_for break a rule, ConsumerNotFoundError; nothing is leased then. Throws
  // StorageError when the storage was closed meanwhile, or when the outcome is unknown: a lease may
  // have been stored, and ends by itself at its time. Whatever a filter's predicate throws goes to
  // the caller.
  //
  // The acquire callbacks run before it returns, on a hit and on a miss, in the caller's thread.
  //
  // Cost on the storages of this library: a few steps down a tree (four at a million proxies),
  // whatever is leased and whatever the filters match, plus the commit. That holds for the filters
  // that are asked most, some 60 a pool: each gets an index of its own when it is asked again, in
  // time linear in its matches. Other filters cost set algebra on bitmaps, which grows with the
  // pool (a fraction of a bit a proxy), and where their matches stand far back in the order, a
  // walk. A predicate is asked about one candidate after the other.
  std::optional<Lease> acquire_proxy(const AcquireRequest& request);

  // Up to max_attempts times acquire_proxy, sleeping in between. Throws InvalidArgumentError when
  // the policy breaks a rule, before the first attempt.
  std::optional<Lease> acquire_proxy_with_retry(const AcquireRequest& request,
                                                const RetryPolicy& policy = {});

  // Up to `count` leases (from 1 to kMaxBatch) at once, of different proxies unless the request
  // says otherwise: as many as there are, in one commit. With wait_for, it waits when there is none
  // at all. Errors as above; the acquire callbacks run for each lease, or for the miss.
  std::vector<Lease> acquire_many(const AcquireRequest& request, std::size_t count);

  // Ends these leases, in one commit for up to kMaxBatch of them. How many were active; the release
  // callbacks run for those.
  std::size_t release_many(std::span<const Lease> leases);

  // Ends the lease. True when it was active; false when it is unknown or had ended before. The
  // release callbacks run only when it was.
  bool release_proxy(const Lease& lease);

  // The lease with its end moved to now + duration; empty when it is no longer active or is due.
  std::optional<Lease> renew(const Lease& lease, Duration duration);

  // acquire_proxy and acquire_proxy_with_retry, with a guard that releases.
  ScopedLease with_lease(const AcquireRequest& request);
  ScopedLease with_retrying_lease(const AcquireRequest& request, const RetryPolicy& policy = {});

  // Ends every active lease that is due. Returns how many.
  std::size_t cleanup_expired_leases();

  // Callbacks run after the commit, in order of registration, outside every lock, and may call the
  // manager. One that throws neither loses the lease nor stops the others.
  void register_acquire_callback(AcquireCallback callback);
  void register_release_callback(ReleaseCallback callback);

  // Hands an exception that has no caller to the error handler.
  void report_error(std::string_view where, std::exception_ptr error) const noexcept;

 private:
  friend class AsyncProxyManager;
  friend class ScopedLease;

  engine::LeaseKeeper& keeper();

  // What the callbacks will be told of an acquire, from its start on.
  struct AcquireWatch {
    std::vector<AcquireCallback> callbacks;
    Timestamp started_at;
    std::chrono::steady_clock::time_point start;
  };

  // Nothing when nobody wants to be told.
  std::optional<AcquireWatch> watch_acquire() const;
  // The lease is held by then: nothing may keep it from the caller.
  void tell_acquired(const AcquireWatch& watch, const AcquireRequest& request,
                     const std::optional<Lease>& lease, const AcquireTimes& times) const noexcept;
  void tell_released(const Lease& ended) const noexcept;

  // acquire_proxy without the callbacks.
  std::optional<Lease> acquire_once(const AcquireRequest& request, AcquireTimes* times);
  // By a storage that cannot queue. `times`: where they are wanted.
  template <class Acquire>
  auto acquire_by_polling(const AcquireRequest& request, AcquireTimes* times,
                          const Acquire& acquire);
  template <class Callback, class Payload>
  void run_callbacks(const std::vector<Callback>& callbacks, const Payload& payload,
                     std::string_view where) const;

  IStorage& storage_;
  const ErrorHandler on_error_;

  mutable std::mutex mutex_;                        // guards the lists, not the callbacks
  std::vector<AcquireCallback> acquire_callbacks_;  // guarded by mutex_
  std::vector<ReleaseCallback> release_callbacks_;  // guarded by mutex_
  // Guarded by mutex_ until there is one. Goes first: it renews through this.
  std::unique_ptr<engine::LeaseKeeper> keeper_;
};

}  // namespace pharox
