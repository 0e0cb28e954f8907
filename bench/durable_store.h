// Pharox on disk as a program has it that has been running for a while: its pool is filled, and its
// history is as long as it may become, so that every lease that ends pushes an older one out.
#pragma once

#include <cstdint>
#include <optional>

#include "bench/dataset.h"
#include "bench/latencies.h"
#include "bench/temporary_folder.h"
#include "pharox/manager.h"
#include "pharox/rocksdb_storage.h"

namespace pharox::bench {

class DurableStore {
 public:
  // In a folder of its own. `history`: how many ended leases it keeps, and has.
  DurableStore(const Dataset& dataset, std::uint64_t history);

  // On all CPUs. What was written before is flushed by then.
  void reopen(Durability durability);

  RocksDbStorage& storage() { return *storage_; }
  ProxyManager& manager() { return *manager_; }
  // Any proxy of the pool, the least used one first.
  const AcquireRequest& request() const { return request_; }

  // Returns how long the acquire took. Any thread may call. Throws std::logic_error when no proxy
  // is free.
  Nanoseconds lease_and_release();

 private:
  void fill(const Dataset& dataset, std::uint64_t history);

  const TemporaryFolder folder_;
  const AcquireRequest request_;
  RocksDbStorageOptions options_;
  std::optional<RocksDbStorage> storage_;
  std::optional<ProxyManager> manager_;
};

}  // namespace pharox::bench
