// The proxies of one pool, and the choice among them.
//
// Rows are the truth. Beside them, derived and rebuilt at open:
//   - for each attribute value and geo cell, the bitmap of the proxies that have it
//   - the three orders of the selectors, as trees of all proxies with bit planes (order_tree.h):
//     plane 0 holds the available proxies (active and below their limit), and each of the filters
//     that are asked most has a plane with those of them that match it (plan_cache.h); what has
//     become available since an order was last asked, or is so no longer, is on the order's list
//   - the counters of the pool's statistics
//
// Choosing:
//   0. What is on the order's list enters or leaves its planes.
//   1. Without conditions, or with ones that have a plane, the answer is the first of that plane in
//      the selector's order; an empty plane is a miss. The cost depends neither on how many match
//      nor on where they stand.
//   2. Else bitmap algebra gives a superset of the matches. Filters that come again get a plane:
//      built once, in time linear in the superset, then kept up to date.
//   3. For filters that do not, a small superset is looked through. With a large one the first
//      proxies in order are tried, and if that finds nothing, all candidates are looked through.
//   4. What bitmaps cannot answer (predicates) is asked about each candidate in turn.
#pragma once

#include <array>
#include <cstdint>
#include <future>
#include <optional>
#include <roaring/roaring.hh>
#include <span>
#include <string>
#include <vector>

#include "engine/attribute_index.h"
#include "engine/geo_grid.h"
#include "engine/order_tree.h"
#include "engine/plan_cache.h"
#include "engine/proxy_row.h"
#include "pharox/filters.h"
#include "pharox/pool.h"
#include "pharox/proxy.h"
#include "storage/chunked_array.h"

namespace pharox::engine {

class FilterPlan;

// Not thread-safe.
class PoolIndex {
 public:
  PoolIndex();
  PoolIndex(const PoolIndex&) = delete;
  PoolIndex& operator=(const PoolIndex&) = delete;

  // The proxy's id must not be in the index yet. current_leases is ignored: it starts at `leases`.
  // `owner` is the caller's: row() gives it back.
  Ordinal insert(const Proxy& proxy, std::uint32_t leases, std::uint32_t owner = 0);
  // Replaces the record, keeping its leases. The id must be the same.
  void replace(Ordinal ordinal, const Proxy& proxy);
  void erase(Ordinal ordinal);

  void set_leases(Ordinal ordinal, std::uint32_t leases);
  // Fetches what leasing this one, and ending its lease, will look at first.
  void prefetch(Ordinal ordinal) const;
  void set_health(Ordinal ordinal, ProxyStatus status, Timestamp checked_at);

  // The first in the selector's order among the available proxies that match. `after` is the last
  // one chosen by round robin, nil for none. Requires valid filters; throws what a predicate does.
  std::optional<Ordinal> choose(const ProxyFilters& filters, SelectorStrategy selector,
                                const Uuid& after, const Uuid& pool_id);

  // The same among these few, which may have become unavailable or be free by now.
  std::optional<Ordinal> choose_among(std::span<const Ordinal> few, const ProxyFilters& filters,
                                      SelectorStrategy selector, const Uuid& after,
                                      const Uuid& pool_id) const;

  // Between these two, proxies are inserted, replaced and counted without keeping the bitmaps and
  // the orders, which are then made at once: for many at a time, as many as are expected. Nothing
  // may be chosen meanwhile.
  void suspend_orders(std::size_t expected = 0);
  // From here on proxies are only counted: what does not depend on their leases is begun beside.
  void begin_orders();
  void resume_orders();

  std::size_t size() const { return stats_.total_proxies; }
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
  // Changes whenever an attribute value gets an id or loses it.
  std::uint64_t dictionaries() const { return dictionaries_; }

  // The first invariant violated, as text: every derived structure against the rows.
  std::optional<std::string> validate() const;

 private:
  using Plane = OrderTree::Plane;
  using Planes = OrderTree::Planes;
  static constexpr Plane kAvailable = 0;

  // One selector's order, the planes that are kept in it, and the proxies that may have to enter or
  // leave those: an order is brought up to date when it is asked, so that one that nobody asks
  // costs nothing, nor does a proxy that is free again by then.
  struct Order {
    OrderTree tree;
    Planes planes = 1;
    std::vector<Ordinal> stale{};
  };

  void write_row(ProxyRow& row, Ordinal ordinal, const Proxy& proxy);
  void index_attributes(Ordinal ordinal, const Proxy& proxy);
  // Puts those into the bitmaps that are not in them yet.
  void index_pending();
  void forget_attributes(Ordinal ordinal);
  // The statistics with and without a row.
  void count_in(Ordinal ordinal);
  void count_out(Ordinal ordinal);

  // A proxy has become available, or is so no longer.
  void availability_changed(Ordinal ordinal);
  // Puts it into the planes of an order, or takes it out.
  void place_in_planes(Ordinal ordinal, Order& order);
  void bring_up_to_date(SelectorStrategy selector);
  // Makes a selector's order anew from the rows. For one selector each, several threads may call.
  void make_order(SelectorStrategy selector);
  void put_in_orders(Ordinal ordinal);
  void take_out_of_orders(Ordinal ordinal);
  std::uint64_t count_values() const;

  std::optional<Ordinal> find_first(const ProxyFilters& filters, SelectorStrategy selector,
                                    const Uuid& after, const Uuid& pool_id);
  std::size_t tries_for(std::uint64_t candidates) const;
  // The first of a plane whose id is greater than `after`.
  std::optional<Ordinal> behind_cursor(Plane plane, const Uuid& after) const;
  template <class Accept>
  std::optional<Ordinal> first_accepted(SelectorStrategy selector, Plane plane, const Uuid& after,
                                        std::size_t tries, const Accept& accept) const;
  template <class Accept>
  std::optional<Ordinal> first_of(const Roaring& candidates, SelectorStrategy selector,
                                  const Uuid& after, const Accept& accept) const;
  bool comes_before(Ordinal a, Ordinal b, SelectorStrategy selector, const Uuid& after) const;
  Plane give_plane(const ProxyFilters& conditions, std::size_t hash, const FilterPlan& plan,
                   Roaring superset);
  void take_plane(Plane plane);
  void build_plane(Plane plane, Order& order);
  Order& order_of(SelectorStrategy selector) { return orders_[static_cast<std::size_t>(selector)]; }
  const Order& order_of(SelectorStrategy selector) const {
    return orders_[static_cast<std::size_t>(selector)];
  }
  OrderKey key_of(SelectorStrategy selector, Ordinal ordinal) const;
  static OrderKey make_key(SelectorStrategy selector, const Uuid& id, std::uint32_t load,
                           Timestamp checked_at);
  static OrderKey id_key(const Uuid& id);
  std::optional<std::string> validate_row(Ordinal ordinal) const;

  storage::ChunkedArray<ProxyRow> rows_;
  std::vector<Ordinal> free_;
  std::vector<Ordinal> unindexed_;  // in no bitmap yet: while the orders are suspended
  Roaring all_;
  std::vector<AttributeIndex<std::string>> texts_;  // by TextField
  AttributeIndex<std::uint32_t> asns_;
  GeoGrid geo_;
  std::uint64_t dictionaries_ = 0;
  std::array<Order, 3> orders_;                                 // by SelectorStrategy
  SelectorStrategy asked_ = SelectorStrategy::first_available;  // last
  bool orders_suspended_ = false;
  std::future<void> orders_begun_;  // those that leases have nothing to do with
  Ordinal last_chosen_ = 0;         // by round robin: where its cursor most likely stands
  PlanCache plans_;
  PoolStatsSnapshot stats_;
};

}  // namespace pharox::engine
