// Where each proxy is: by id, over all pools.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "engine/pool_index.h"
#include "storage/chunked_array.h"
#include "storage/id_index.h"

namespace pharox::engine {

struct PoolState;

using LeaseSlot = std::uint32_t;
constexpr LeaseSlot kNoLease = std::numeric_limits<LeaseSlot>::max();

struct ProxyPlace {
  PoolState* pool = nullptr;  // null: nobody's place
  Ordinal ordinal = 0;        // in the pool's index, whose row has this place's number as its owner
  LeaseSlot first_lease = kNoLease;
};

// Not thread-safe. Places do not move as long as their proxy exists. Every operation is O(1).
class ProxyTable {
 public:
  // Null when no proxy has the id.
  ProxyPlace* find(const Uuid& id);
  const ProxyPlace* find(const Uuid& id) const;
  ProxyPlace& operator[](std::uint32_t number) { return places_[number]; }

  // The number of a new place for a proxy whose id is not here. The caller fills it in before the
  // next call.
  std::uint32_t insert(const Uuid& id);
  void erase(const Uuid& id);
  void prefetch(const Uuid& id) const { by_id_.prefetch(id); }
  // The same as find() for many ids at once, in their order. Three misses of the cache follow from
  // each other for each; taken together they overlap.
  std::vector<ProxyPlace*> find_all(std::span<const Uuid> ids);
  void reserve(std::size_t size) {
    by_id_.reserve(size);
    places_.reserve(size);
  }

  std::size_t size() const { return by_id_.size(); }
  const storage::ChunkedArray<ProxyPlace>& places() const { return places_; }

 private:
  std::optional<std::uint32_t> number_of(const Uuid& id) const;

  storage::ChunkedArray<ProxyPlace> places_;
  std::vector<std::uint32_t> free_;
  storage::IdIndex by_id_;
};

}  // namespace pharox::engine
