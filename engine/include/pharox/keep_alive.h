// How a lease is kept beyond its duration.
#pragma once

#include <functional>
#include <optional>

#include "pharox/lease.h"
#include "pharox/time.h"

namespace pharox {

struct KeepAlive {
  // What each renewal grants, counted from that moment; more than 0.
  Duration duration = std::chrono::seconds{300};
  // How long after a renewal the next one is; more than 0. Absent: a third of the duration, so that
  // two may fail before the lease ends.
  std::optional<Duration> interval{};
  // Told once, by a thread of the manager's, when the lease is lost: somebody else ended it, its
  // proxy was deleted, or renewing failed until its time was over. Not called after the guard was
  // released or destroyed. Must not block: it holds up the renewal of other leases. What it throws
  // goes to the manager's error handler.
  std::function<void(const Lease&)> on_lost{};
};

// Throws InvalidArgumentError naming the field, its value and the rule.
void validate(const KeepAlive& how);

}  // namespace pharox
