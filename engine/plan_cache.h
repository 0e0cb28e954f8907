// The filters that are asked most, each with a bit plane of its own.
//
// A filter that has a plane costs the same whatever it matches: the order trees answer it as they
// answer no filter at all. Up to 63 filters have one. Which: those asked most often of late, by a
// counting sketch of fixed size, so that a stream of filters that never come back displaces nobody
// and nothing grows.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <roaring/roaring.hh>

#include "engine/filter_plan.h"
#include "engine/order_tree.h"
#include "engine/proxy_row.h"
#include "pharox/filters.h"

namespace pharox::engine {

// Not thread-safe.
class PlanCache {
 public:
  using Plane = OrderTree::Plane;
  using Planes = OrderTree::Planes;

  // The plane of the proxies that meet the conditions, if they have one. Counts as an ask.
  std::optional<Plane> find(const ProxyFilters& conditions, std::size_t hash);
  // The same if they are the ones that were found last, without need of their hash.
  std::optional<Plane> find_again(const ProxyFilters& conditions);

  // Whether filters with this hash are asked often enough to displace the least asked ones.
  bool worth_a_plane(std::size_t hash) const;

  // The plane to give to the next filter: a free one, or that of the filter asked least.
  Plane next_plane() const;
  bool is_used(Plane plane) const { return entries_[plane] != nullptr; }
  const Roaring& matching(Plane plane) const { return entries_[plane]->matching; }

  // `conditions` ask no predicate; `matching` are exactly those that meet them.
  void assign(Plane plane, const ProxyFilters& conditions, std::size_t hash, Roaring matching,
              const PoolIndex& pool);
  void erase(Plane plane) {
    entries_[plane].reset();
    used_ &= ~(Planes{1} << plane);
  }

  // The planes of the filters that a proxy meets, which is new or has other attributes than before.
  // `dictionaries`: changes whenever a value gets another id.
  Planes add(Ordinal ordinal, const ProxyRow& row, std::uint64_t dictionaries,
             const PoolIndex& pool);
  // A proxy goes, or its attributes change.
  void remove(Ordinal ordinal, Planes planes);

 private:
  struct Entry {
    ProxyFilters conditions;
    Roaring matching;
    std::uint64_t dictionaries;  // that `plan` was made with
    std::optional<FilterPlan> plan;
  };

  std::uint8_t asks(std::size_t hash) const;
  void count_ask(std::size_t hash);

  std::array<std::unique_ptr<Entry>, OrderTree::kMaxPlanes> entries_;  // [0] stays empty
  Planes used_ = 0;                                                    // those that have an entry
  std::array<std::size_t, OrderTree::kMaxPlanes> hashes_{};  // of the entries, side by side
  Plane found_last_ = 0;
  std::array<std::uint8_t, 2048> sketch_{};
  std::uint32_t asks_until_decay_ = 16 * 2048;
};

}  // namespace pharox::engine
