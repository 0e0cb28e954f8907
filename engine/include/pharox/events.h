// What callbacks are told.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "pharox/acquire_request.h"
#include "pharox/filters.h"
#include "pharox/lease.h"
#include "pharox/pool.h"

namespace pharox {

struct AcquireEventPayload {
  std::optional<Lease> lease{};  // empty on a miss
  std::string pool_name{};
  std::string consumer_name{};
  std::optional<ProxyFilters> filters{};
  SelectorStrategy selector = SelectorStrategy::first_available;
  Timestamp started_at{};
  Timestamp completed_at{};
  std::chrono::nanoseconds duration{};  // of the call, on a steady clock
  // Its parts. A storage that is none of this library's cannot tell choosing from committing: both
  // are in `choosing`.
  AcquireTimes times{};
  std::optional<PoolStatsSnapshot> pool_stats{};  // empty for an unknown pool
};

struct ReleaseEventPayload {
  Lease lease{};  // as released
  std::string pool_name{};
  Timestamp released_at{};
  Duration lease_duration{};                      // from acquisition to release
  std::optional<PoolStatsSnapshot> pool_stats{};  // empty when the pool was deleted meanwhile
};

using AcquireCallback = std::function<void(const AcquireEventPayload&)>;
using ReleaseCallback = std::function<void(const ReleaseEventPayload&)>;

}  // namespace pharox
