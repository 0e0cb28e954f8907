// The counts of every pool, from the rows of a store.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "pharox/pool.h"
#include "tools/store_view.h"

namespace pharox::tools {

struct PoolCounts {
  ProxyPool pool;
  PoolStatsSnapshot stats;
  std::uint64_t due_leases = 0;  // active leases whose time is over: the next acquire reclaims them
};

struct ProxyLeases {
  std::uint64_t active = 0;
  std::uint64_t due = 0;
};

// For each proxy that has an active lease.
std::unordered_map<Uuid, ProxyLeases> count_leases(StoreView& view);

// In id order of the pools. One pass over the active leases, then one over the proxies; holds the
// pools and one count for each proxy that is leased.
std::vector<PoolCounts> count_pools(StoreView& view);

}  // namespace pharox::tools
