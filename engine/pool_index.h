// The proxies of one pool, and the choice among them.
//
// Rows are the truth. Beside them, derived and rebuilt at open:
//   - for each attribute value and geo cell, the bitmap of the proxies that have it
//   - the bitmap of the available ones (active and below their limit)
//   - the three orders of the selectors: by checked_at and by load over the available ones, by id
//     over all
//   - the counters of the pool's statistics
//
// Choosing:
//   1. The filters give a superset of the matches, by algebra on bitmaps; intersect it with the
//      available ones. Nothing left is a miss.
//   2. If few are left, sort them into the selector's order; if many, walk that order and skip what
//      is not among them. Few and many are told apart by cost: a walk meets a candidate every
//      available / candidates steps.
//   3. Take the first that the filters admit.
#pragma once

#include <functional>
#include <optional>
#include <roaring/roaring.hh>
#include <set>
#include <string>
#include <vector>

#include "engine/attribute_index.h"
#include "engine/geo_grid.h"
#include "engine/proxy_row.h"
#include "pharox/filters.h"
#include "pharox/pool.h"
#include "pharox/proxy.h"

namespace pharox::engine {

class FilterPlan;

// Not thread-safe.
class PoolIndex {
 public:
  PoolIndex();
  PoolIndex(const PoolIndex&) = delete;
  PoolIndex& operator=(const PoolIndex&) = delete;

  // The proxy's id must not be in the index yet. current_leases is ignored: it starts at `leases`.
  Ordinal insert(const Proxy& proxy, std::uint32_t leases);
  // Replaces the record, keeping its leases. The id must be the same.
  void replace(Ordinal ordinal, const Proxy& proxy);
  void erase(Ordinal ordinal);

  void set_leases(Ordinal ordinal, std::uint32_t leases);
  void set_health(Ordinal ordinal, ProxyStatus status, Timestamp checked_at);

  // The first in the selector's order among the available proxies that match. `after` is the last
  // one chosen by round robin, nil for none. Requires valid filters; throws what a predicate does.
  std::optional<Ordinal> choose(const ProxyFilters& filters, SelectorStrategy selector,
                                const Uuid& after, const Uuid& pool_id) const;

  const ProxyRow& row(Ordinal ordinal) const { return rows_[ordinal]; }
  Proxy proxy(Ordinal ordinal, const Uuid& pool_id) const;

  // Up to `limit` ordinals in id order, behind `after`.
  std::vector<Ordinal> list(const Uuid& after, std::size_t limit) const;

  // The counts; name and time are left to the caller.
  const PoolStatsSnapshot& stats() const { return stats_; }

  // For FilterPlan.
  ValueId find_text(TextField field, const std::string& value) const;
  ValueId find_asn(std::uint32_t asn) const { return asns_.find(asn); }
  const Roaring& with_text(TextField field, ValueId value) const;
  const Roaring& with_asn(ValueId value) const { return asns_.ordinals(value); }
  const GeoGrid& geo() const { return geo_; }
  const Roaring& all() const { return all_; }

  // The first invariant violated, as text: every derived structure against the rows.
  std::optional<std::string> validate() const;

 private:
  // Orders hold ordinals and look the keys up in the rows: an ordinal must be out of an order while
  // a field of its key changes.
  struct ById {
    using is_transparent = void;
    const PoolIndex* index;
    bool operator()(Ordinal a, Ordinal b) const;
    bool operator()(const Uuid& a, Ordinal b) const;
    bool operator()(Ordinal a, const Uuid& b) const;
  };
  struct ByCheckedAt {  // newest first, then id
    const PoolIndex* index;
    bool operator()(Ordinal a, Ordinal b) const;
  };
  struct ByLoad {  // fewest leases first, then oldest check, then id
    const PoolIndex* index;
    bool operator()(Ordinal a, Ordinal b) const;
  };

  void write_row(ProxyRow& row, Ordinal ordinal, const Proxy& proxy);
  void index_attributes(Ordinal ordinal, const Proxy& proxy);
  void forget_attributes(Ordinal ordinal);
  // A row is counted while it is in the orders and the counters.
  void count_in(Ordinal ordinal);
  void count_out(Ordinal ordinal);

  template <class Accept>
  std::optional<Ordinal> first_in_order(SelectorStrategy selector, const Uuid& after,
                                        const Accept& accept) const;
  template <class Accept>
  std::optional<Ordinal> first_of_sorted(const Roaring& candidates, SelectorStrategy selector,
                                         const Uuid& after, const Accept& accept) const;
  std::optional<std::string> validate_row(Ordinal ordinal) const;

  std::vector<ProxyRow> rows_;
  std::vector<Ordinal> free_;
  Roaring all_;
  Roaring available_;
  std::vector<AttributeIndex<std::string>> texts_;  // by TextField
  AttributeIndex<std::uint32_t> asns_;
  GeoGrid geo_;
  std::set<Ordinal, ById> by_id_;
  std::set<Ordinal, ByCheckedAt> by_checked_at_;
  std::set<Ordinal, ByLoad> by_load_;
  PoolStatsSnapshot stats_;
};

}  // namespace pharox::engine
