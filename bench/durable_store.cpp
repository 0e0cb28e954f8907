#include "bench/durable_store.h"

#include <stdexcept>

#include "bench/fastest_cpu.h"

namespace pharox::bench {

DurableStore::DurableStore(const Dataset& dataset, std::uint64_t history)
    : request_{.pool_name = dataset.pool.name, .selector = SelectorStrategy::least_used} {
  options_.history.max_leases = history;
  reopen(Durability::process);
  fill(dataset, history);
}

// RocksDB's threads, and the store's, stay on the CPUs of the one who opened it first.
void DurableStore::reopen(Durability durability) {
  const OnAllCpus everywhere;
  manager_.reset();
  storage_.reset();
  options_.durability = durability;
  storage_.emplace(folder_.file("store"), options_);
  manager_.emplace(*storage_);
}

void DurableStore::fill(const Dataset& dataset, std::uint64_t history) {
  storage_->save_pool(dataset.pool);
  storage_->add_proxies_bulk(dataset.proxies);
  for (std::uint64_t i = 0; i < history; ++i) lease_and_release();
}

Nanoseconds DurableStore::lease_and_release() {
  std::optional<Lease> lease;
  const Nanoseconds latency = time_of([&] { lease = manager_->acquire_proxy(request_); });
  if (!lease) throw std::logic_error("no proxy is free");
  manager_->release_proxy(*lease);
  return latency;
}

}  // namespace pharox::bench
