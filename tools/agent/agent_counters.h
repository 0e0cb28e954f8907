// What the callbacks of a ProxyManager tell, added up.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "pharox/manager.h"
#include "storage/mutex.h"

namespace pharox::tools {

// Thread safety: every method, from any thread.
class AgentCounters {
 public:
  // Registers the callbacks. Must outlive the manager's last call.
  explicit AgentCounters(ProxyManager& manager);

  std::uint64_t acquired() const { return acquired_; }
  std::uint64_t missed() const { return missed_; }
  std::uint64_t released() const { return released_; }  // pairs of an acquire and a release
  std::uint64_t held() const;
  // The newest that a callback was given.
  std::optional<PoolStatsSnapshot> pool_stats() const;

 private:
  void keep(const std::optional<PoolStatsSnapshot>& stats);

  std::atomic<std::uint64_t> acquired_{0};
  std::atomic<std::uint64_t> missed_{0};
  std::atomic<std::uint64_t> released_{0};
  mutable storage::Mutex mutex_;
  std::optional<PoolStatsSnapshot> stats_ PHAROX_GUARDED_BY(mutex_);
};

}  // namespace pharox::tools
