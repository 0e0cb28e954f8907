// A lease that is released when its scope ends.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "pharox/keep_alive.h"
#include "pharox/lease.h"

namespace pharox {

class ProxyManager;
namespace engine {
class KeptLease;
}

// Move-only. Empty when nothing was acquired. Must not outlive its manager. Not thread-safe.
class [[nodiscard]] ScopedLease {
 public:
  ScopedLease() = default;
  ScopedLease(ProxyManager& manager, std::optional<Lease> lease)
      : manager_(&manager), lease_(std::move(lease)) {}
  ScopedLease(ScopedLease&& other) noexcept
      : manager_(other.manager_),
        lease_(std::exchange(other.lease_, std::nullopt)),
        kept_(std::move(other.kept_)) {}
  ScopedLease& operator=(ScopedLease&& other) noexcept;

  // Releases. A failure goes to the manager's error handler.
  ~ScopedLease() { release_quietly(); }

  explicit operator bool() const { return lease_.has_value(); }
  const Lease& operator*() const { return *lease_; }
  const Lease* operator->() const { return &*lease_; }

  // Moves the lease's end to now + duration. False when it was lost. Requires a lease. Throws as
  // ProxyManager::renew does.
  bool renew(Duration duration);

  // Renews the lease now, and from now on as `how` says, by a thread of the manager's, until it is
  // released, given up or lost. The renewals do not show in `expires_at` here. False when the lease
  // is lost already. Called again, it goes on in the new way. Requires a lease. Throws
  // InvalidArgumentError when `how` breaks a rule, and as ProxyManager::renew does.
  bool keep_alive(const KeepAlive& how = {});

  // Whether a lease that was to be kept alive was lost: its proxy may be somebody else's by now.
  bool lost() const;

  // Releases now. True when the lease was still active. Throws as ProxyManager::release_proxy does;
  // the guard is empty afterwards either way.
  bool release();

  // Gives the lease up to the caller, who releases it. It is no longer kept alive.
  std::optional<Lease> detach();

 private:
  void release_quietly() noexcept;
  void let_go() noexcept;

  ProxyManager* manager_ = nullptr;
  std::optional<Lease> lease_;
  std::shared_ptr<engine::KeptLease> kept_;  // while it is kept alive
};

}  // namespace pharox
