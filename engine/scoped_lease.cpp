#include "pharox/scoped_lease.h"

#include <exception>

#include "engine/lease_keeper.h"
#include "pharox/manager.h"

namespace pharox {

ScopedLease& ScopedLease::operator=(ScopedLease&& other) noexcept {
  if (this != &other) {
    release_quietly();
    manager_ = other.manager_;
    lease_ = std::exchange(other.lease_, std::nullopt);
    kept_ = std::move(other.kept_);
  }
  return *this;
}

bool ScopedLease::renew(Duration duration) {
  const auto renewed = manager_->renew(*lease_, duration);
  if (renewed) lease_ = renewed;
  return renewed.has_value();
}

bool ScopedLease::keep_alive(const KeepAlive& how) {
  let_go();
  kept_ = manager_->keeper().keep(*lease_, how);
  return kept_ != nullptr;
}

bool ScopedLease::lost() const { return kept_ && kept_->lost; }

void ScopedLease::let_go() noexcept {
  if (kept_) manager_->keeper().drop(*std::exchange(kept_, nullptr));
}

bool ScopedLease::release() {
  const auto lease = detach();
  return lease && manager_->release_proxy(*lease);
}

std::optional<Lease> ScopedLease::detach() {
  let_go();
  return std::exchange(lease_, std::nullopt);
}

void ScopedLease::release_quietly() noexcept {
  try {
    release();
  } catch (...) {
    manager_->report_error("release at the end of a scope", std::current_exception());
  }
}

}  // namespace pharox
