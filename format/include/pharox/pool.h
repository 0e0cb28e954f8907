// A pool: a named set of proxies, and what is counted of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pharox/time.h"
#include "pharox/uuid.h"

namespace pharox {

struct ProxyPool {
  Uuid id = Uuid::random();
  std::string name{};  // unique in the store
  std::optional<std::string> description{};

  friend bool operator==(const ProxyPool&, const ProxyPool&) = default;
};

// Throws InvalidArgumentError naming the first field that breaks a rule, its value and the rule.
void validate(const ProxyPool& pool);

// The counts of one pool at one moment.
struct PoolStatsSnapshot {
  std::string pool_name{};
  std::uint64_t total_proxies = 0;
  std::uint64_t active_proxies = 0;     // status active
  std::uint64_t available_proxies = 0;  // active and below their limit
  std::uint64_t leased_proxies = 0;     // with at least one active lease
  std::uint64_t total_leases = 0;       // active leases
  Timestamp collected_at{};
  std::uint64_t waiting_callers = 0;  // in the queue for a proxy (AcquireRequest::wait_for)
  std::uint64_t ended_waits = 0;      // that left it since the store was opened, served or not
  Duration wait_time{};               // of those, together

  friend bool operator==(const PoolStatsSnapshot&, const PoolStatsSnapshot&) = default;
};

}  // namespace pharox
