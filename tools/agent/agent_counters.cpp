#include "tools/agent/agent_counters.h"

namespace pharox::tools {

AgentCounters::AgentCounters(ProxyManager& manager) {
  manager.register_acquire_callback([this](const AcquireEventPayload& event) {
    ++(event.lease ? acquired_ : missed_);
    keep(event.pool_stats);
  });
  manager.register_release_callback([this](const ReleaseEventPayload& event) {
    ++released_;
    keep(event.pool_stats);
  });
}

std::uint64_t AgentCounters::held() const {
  // Releases first: a pair that completes in between must not make the difference negative.
  const std::uint64_t released = released_;
  return acquired_ - released;
}

std::optional<PoolStatsSnapshot> AgentCounters::pool_stats() const {
  storage::MutexLock lock(mutex_);
  return stats_;
}

void AgentCounters::keep(const std::optional<PoolStatsSnapshot>& stats) {
  if (!stats) return;
  storage::MutexLock lock(mutex_);
  if (!stats_ || stats_->collected_at <= stats->collected_at) stats_ = stats;
}

}  // namespace pharox::tools
