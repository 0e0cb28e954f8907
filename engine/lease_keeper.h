// Renews leases while their owners hold them: one thread a manager, started by the first of them.
//
// 1. A lease stands in the order of its next renewal. The thread sleeps until the first is due,
//    takes it out and renews it, holding no lock.
// 2. Renewed, it goes back into the order. No longer active, it is lost, and its owner is told.
// 3. A renewal that fails is reported and soon tried again, until the time that was last granted is
//    over: then the lease is lost.
// 4. drop() returns when the thread is not at work on that lease and never will be again: whoever
//    is told of the loss must be able to go away. (Called by that thread, from within on_lost, it
//    does not wait for itself.)
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "pharox/keep_alive.h"
#include "pharox/lease.h"
#include "storage/mutex.h"

namespace pharox {
class ProxyManager;
}

namespace pharox::engine {

class KeptLease {
 public:
  KeptLease(Lease kept, KeepAlive kept_how) : lease(std::move(kept)), how(std::move(kept_how)) {}

  const Lease lease;
  const KeepAlive how;
  std::atomic<bool> lost = false;

 private:
  friend class LeaseKeeper;
  std::chrono::steady_clock::time_point granted_until{};  // the thread's, once it has it
  bool dropped = false;                                   // guarded by the keeper's mutex
};

// Thread safety: every method, from any thread.
class LeaseKeeper {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // The manager must outlive this.
  explicit LeaseKeeper(ProxyManager& manager) : manager_(manager) {}
  ~LeaseKeeper();
  LeaseKeeper(const LeaseKeeper&) = delete;
  LeaseKeeper& operator=(const LeaseKeeper&) = delete;

  // Renews the lease now, and from then on. Null: it is no longer active. Throws as
  // ProxyManager::renew does, and InvalidArgumentError when `how` breaks a rule.
  std::shared_ptr<KeptLease> keep(const Lease& lease, const KeepAlive& how);
  void drop(KeptLease& kept) PHAROX_EXCLUDES(mutex_);

 private:
  void run();
  // When it is due again; nothing when it is lost.
  std::optional<Time> renew(KeptLease& kept);
  void lose(KeptLease& kept);

  ProxyManager& manager_;
  storage::Mutex mutex_;
  storage::CondVar wakes_;     // the thread
  storage::CondVar finished_;  // with the lease that it was at work on
  std::multimap<Time, std::shared_ptr<KeptLease>> order_ PHAROX_GUARDED_BY(mutex_);
  std::shared_ptr<KeptLease> at_work_on_ PHAROX_GUARDED_BY(mutex_);
  bool stopped_ PHAROX_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace pharox::engine
