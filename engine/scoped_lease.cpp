#include "pharox/scoped_lease.h"

#include <exception>

#include "pharox/manager.h"

namespace pharox {

ScopedLease& ScopedLease::operator=(ScopedLease&& other) noexcept {
  if (this != &other) {
    release_quietly();
    manager_ = other.manager_;
    lease_ = other.detach();
  }
  return *this;
}

bool ScopedLease::release() {
  const auto lease = detach();
  return lease && manager_->release_proxy(*lease);
}

void ScopedLease::release_quietly() noexcept {
  try {
    release();
  } catch (...) {
    manager_->report_error("release at the end of a scope", std::current_exception());
  }
}

}  // namespace pharox
