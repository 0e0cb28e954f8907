// The agent of one host: opens a store and leases from it with several threads, until it is told
// to stop.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "pharox/rocksdb_storage.h"
#include "tools/agent/workers.h"

namespace pharox::tools {

struct AgentOptions {
  std::string store;
  Durability durability = Durability::sync;
  bool accept_loss = false;
  WorkerOptions workers;
  std::chrono::seconds run_time{0};  // 0: until SIGINT or SIGTERM
};

struct AgentReport {
  RecoveryReport recovered;
  std::uint64_t pairs = 0;  // of an acquire and a release
  std::uint64_t misses = 0;
  std::chrono::nanoseconds elapsed{};
  WorkerLatencies latencies{};

  double pairs_per_second() const {
    const double seconds = std::chrono::duration<double>(elapsed).count();
    return seconds > 0 ? static_cast<double>(pairs) / seconds : 0;
  }
};

// Says on stderr what it recovered and, once a second, how it goes. Throws PoolNotFoundError, and
// whatever opening the store and leasing throw.
AgentReport run_agent(const AgentOptions& options);

}  // namespace pharox::tools
