// One pool twice: as the index keeps it and as a plain list. Every operation is done to both, and
// every question is asked of both.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "engine/pool_index.h"
#include "tests/property/naive_pool.h"
#include "tests/property/pool_generator.h"

namespace pharox::tests {

class PairedPool {
 public:
  PairedPool(std::uint64_t seed, std::size_t proxies);

  // Does something to the pool, twice.
  void change();
  // Asks both for a proxy. Returns in what the answers differ.
  std::optional<std::string> ask();

  // The first invariant that the index violates, or the first difference from an index that is made
  // anew from the same rows: in its statistics, its list, or its answers to `questions` filters.
  std::optional<std::string> check(int questions);

 private:
  using Ordinals = std::unordered_map<Uuid, engine::Ordinal>;

  Uuid any_id();
  void insert();
  void replace();
  void erase();
  void apply_health();
  void set_leases(const Uuid& id, std::uint32_t leases);
  void set_some_leases();
  void move_occupancy();
  void insert_many();
  void drain_and_refill();
  void move_cursor();
  std::optional<std::string> compare_with_rebuilt(int questions);

  const std::size_t target_;
  const Uuid pool_id_;
  PoolGenerator random_;
  engine::PoolIndex index_;
  Ordinals ordinals_;
  NaivePool naive_;
  Uuid cursor_;
};

}  // namespace pharox::tests
