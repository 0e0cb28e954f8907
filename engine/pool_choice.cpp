// PoolIndex::choose: the steps stand at the head of pool_index.h.
#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "engine/filter_key.h"
#include "engine/filter_plan.h"
#include "engine/pool_index.h"

namespace pharox::engine {
namespace {

// Supersets up to this size are looked through; of a larger one this many proxies are tried in
// order. Either takes a few microseconds, and building a plane is put off until it pays.
constexpr std::uint64_t kFewCandidates = 64;
constexpr std::size_t kTries = 128;
constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

}  // namespace

bool PoolIndex::comes_before(Ordinal a, Ordinal b, SelectorStrategy selector,
                             const Uuid& after) const {
  if (selector != SelectorStrategy::round_robin) return key_of(selector, a) < key_of(selector, b);
  const bool a_wraps = rows_[a].id <= after;
  const bool b_wraps = rows_[b].id <= after;
  return std::tie(a_wraps, rows_[a].id) < std::tie(b_wraps, rows_[b].id);
}

// The first of a plane that is accepted, in the selector's order, of at most `tries` that are asked
// about.
template <class Accept>
std::optional<Ordinal> PoolIndex::first_accepted(SelectorStrategy selector, Plane plane,
                                                 const Uuid& after, std::size_t tries,
                                                 const Accept& accept) const {
  const OrderTree& tree = order_of(selector).tree;
  std::optional<Ordinal> at;
  if (selector == SelectorStrategy::round_robin) {
    at = tree.first_from(plane, {.id = after});
    if (at && rows_[*at].id == after) at = tree.next(plane, *at);
    for (; at && tries > 0; at = tree.next(plane, *at), --tries) {
      if (accept(*at)) return at;
    }
  }
  const bool wraps = selector == SelectorStrategy::round_robin;
  for (at = tree.first(plane); at && tries > 0; at = tree.next(plane, *at), --tries) {
    if (wraps && rows_[*at].id > after) return std::nullopt;
    if (accept(*at)) return at;
  }
  return std::nullopt;
}

template <class Accept>
std::optional<Ordinal> PoolIndex::first_of(const Roaring& candidates, SelectorStrategy selector,
                                           const Uuid& after, const Accept& accept) const {
  std::vector<Ordinal> ordinals;
  for (const Ordinal ordinal : candidates) {
    if (rows_[ordinal].available()) ordinals.push_back(ordinal);
  }
  std::ranges::sort(ordinals,
                    [&](Ordinal a, Ordinal b) { return comes_before(a, b, selector, after); });
  const auto found = std::ranges::find_if(ordinals, accept);
  return found == ordinals.end() ? std::nullopt : std::optional(*found);
}

std::optional<Ordinal> PoolIndex::choose(const ProxyFilters& filters, SelectorStrategy selector,
                                         const Uuid& after, const Uuid& pool_id) {
  if (!has_conditions(filters)) {
    return first_accepted(selector, kAvailable, after, 1, [](Ordinal) { return true; });
  }
  const bool asks_predicate = has_predicate(filters);
  std::optional<FilterPlan> asked;
  const auto admitted = [&](Ordinal ordinal) {
    if (!asked) asked.emplace(filters, *this);
    std::optional<Proxy> record;
    return asked->admits(rows_[ordinal], [&]() -> const Proxy& {
      if (!record) record = proxy(ordinal, pool_id);
      return *record;
    });
  };
  const auto choose_from_plane = [&](Plane plane) {
    build_plane(plane, order_of(selector));
    return first_accepted(selector, plane, after, kNoLimit,
                          [&](Ordinal ordinal) { return !asks_predicate || admitted(ordinal); });
  };

  std::optional<ProxyFilters> weakened;
  if (asks_predicate) weakened = without_predicates(filters);
  const ProxyFilters& conditions = weakened ? *weakened : filters;
  if (!has_conditions(conditions)) return choose_from_plane(kAvailable);
  const std::size_t hash = hash_of(conditions);
  if (const auto plane = plans_.find(conditions, hash)) return choose_from_plane(*plane);

  const FilterPlan plan(conditions, *this);
  FilterPlan::Superset superset = plan.superset();
  if (!superset) superset = all_;
  if (superset->isEmpty()) return std::nullopt;
  if (!plans_.worth_a_plane(hash)) {
    if (superset->cardinality() <= kFewCandidates) {
      return first_of(*superset, selector, after, admitted);
    }
    const auto found = first_accepted(selector, kAvailable, after, kTries, [&](Ordinal ordinal) {
      return superset->contains(ordinal) && admitted(ordinal);
    });
    if (found) return found;
  }
  return choose_from_plane(give_plane(conditions, hash, plan, *std::move(superset)));
}

PoolIndex::Plane PoolIndex::give_plane(const ProxyFilters& conditions, std::size_t hash,
                                       const FilterPlan& plan, Roaring superset) {
  if (!plan.exact()) {
    Roaring exact;
    for (const Ordinal ordinal : superset) {
      if (plan.admits(rows_[ordinal], {})) exact.add(ordinal);
    }
    superset = std::move(exact);
  }
  const Plane plane = plans_.next_plane();
  if (plans_.is_used(plane)) take_plane(plane);
  for (const Ordinal ordinal : superset) rows_[ordinal].planes |= Planes{1} << plane;
  plans_.assign(plane, conditions, hash, std::move(superset), *this);
  return plane;
}

void PoolIndex::take_plane(Plane plane) {
  for (const Ordinal ordinal : plans_.matching(plane)) {
    rows_[ordinal].planes &= ~(Planes{1} << plane);
  }
  for (Order& order : orders_) {
    if ((order.planes >> plane & 1) == 0) continue;
    order.tree.clear(plane);
    order.planes &= ~(Planes{1} << plane);
  }
  plans_.erase(plane);
}

// A plane is kept in the orders that it is asked in.
void PoolIndex::build_plane(Plane plane, Order& order) {
  if ((order.planes >> plane & 1) != 0) return;
  order.planes |= Planes{1} << plane;
  for (const Ordinal ordinal : plans_.matching(plane)) {
    if (rows_[ordinal].available()) order.tree.enter(ordinal, Planes{1} << plane);
  }
}

}  // namespace pharox::engine
