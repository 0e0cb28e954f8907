// A lease that is released when its scope ends.
#pragma once

#include <optional>
#include <utility>

#include "pharox/lease.h"

namespace pharox {

class ProxyManager;

// Move-only. Empty when nothing was acquired. Must not outlive its manager. Not thread-safe.
class [[nodiscard]] ScopedLease {
 public:
  ScopedLease() = default;
  ScopedLease(ProxyManager& manager, std::optional<Lease> lease)
      : manager_(&manager), lease_(std::move(lease)) {}
  ScopedLease(ScopedLease&& other) noexcept
      : manager_(other.manager_), lease_(std::exchange(other.lease_, std::nullopt)) {}
  ScopedLease& operator=(ScopedLease&& other) noexcept;

  // Releases. A failure goes to the manager's error handler.
  ~ScopedLease() { release_quietly(); }

  explicit operator bool() const { return lease_.has_value(); }
  const Lease& operator*() const { return *lease_; }
  const Lease* operator->() const { return &*lease_; }

  // Releases now. True when the lease was still active. Throws as ProxyManager::release_proxy does;
  // the guard is empty afterwards either way.
  bool release();

  // Gives the lease up to the caller, who releases it.
  std::optional<Lease> detach() { return std::exchange(lease_, std::nullopt); }

 private:
  void release_quietly() noexcept;

  ProxyManager* manager_ = nullptr;
  std::optional<Lease> lease_;
};

}  // namespace pharox
