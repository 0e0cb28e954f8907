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

// Supersets up to this size are looked through, which takes a few microseconds.
constexpr std::uint64_t kFewCandidates = 64;
// See tries_for().
constexpr std::uint64_t kPatience = 4;
constexpr std::uint64_t kLeastTries = 32;
constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

}  // namespace

bool PoolIndex::comes_before(Ordinal a, Ordinal b, SelectorStrategy selector,
                             const Uuid& after) const {
  if (selector != SelectorStrategy::round_robin) return key_of(selector, a) < key_of(selector, b);
  const bool a_wraps = rows_[a].id <= after;
  const bool b_wraps = rows_[b].id <= after;
  return std::tie(a_wraps, rows_[a].id) < std::tie(b_wraps, rows_[b].id);
}

std::optional<Ordinal> PoolIndex::behind_cursor(Plane plane, const Uuid& after) const {
  const OrderTree& tree = order_of(SelectorStrategy::round_robin).tree;
  // A free ordinal has the nil id, which a cursor that was never moved has too.
  if (!after.is_nil() && last_chosen_ < rows_.size() && rows_[last_chosen_].id == after) {
    return tree.next(plane, last_chosen_);  // beside it, without a search from the root
  }
  const auto at = tree.first_from(plane, id_key(after));
  return at && rows_[*at].id == after ? tree.next(plane, *at) : at;
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
    at = behind_cursor(plane, after);
    for (; at && tries > 0; at = tree.next(plane, *at), --tries) {
      if (!accept(*at)) continue;
      rows_[*at].address.prefetch();
      // The next call will want the next one, which is nobody's neighbour in memory.
      if (const auto following = tree.next(plane, *at)) prefetch(*following);
      return at;
    }
  }
  const bool wraps = selector == SelectorStrategy::round_robin;
  const auto [first, second] = tree.first_two(plane);
  for (at = first; at && tries > 0; at = tree.next(plane, *at), --tries) {
    if (wraps && rows_[*at].id > after) return std::nullopt;
    if (!accept(*at)) continue;
    prefetch(*at);
    if (at == first && second) prefetch(*second);  // what the next call wants, once this is leased
    return at;
  }
  return std::nullopt;
}

void PoolIndex::prefetch(Ordinal ordinal) const {
  if (orders_suspended_) return;
  rows_[ordinal].prefetch();
  order_of(asked_).tree.prefetch_place(ordinal);
}

template <class Accept>
std::optional<Ordinal> PoolIndex::first_of(const Roaring& candidates, SelectorStrategy selector,
                                           const Uuid& after, const Accept& accept) const {
  std::vector<Ordinal> ordinals;
  for (const Ordinal ordinal : candidates) {
    if (rows_[ordinal].available()) ordinals.push_back(ordinal);
  }
  // A heap, because almost always its first is the answer.
  const auto behind = [&](Ordinal a, Ordinal b) { return comes_before(b, a, selector, after); };
  std::ranges::make_heap(ordinals, behind);
  for (; !ordinals.empty(); ordinals.pop_back()) {
    if (accept(ordinals.front())) return ordinals.front();
    std::ranges::pop_heap(ordinals, behind);
  }
  return std::nullopt;
}

std::optional<Ordinal> PoolIndex::choose(const ProxyFilters& filters, SelectorStrategy selector,
                                         const Uuid& after, const Uuid& pool_id) {
  const auto chosen = find_first(filters, selector, after, pool_id);
  if (chosen && selector == SelectorStrategy::round_robin) last_chosen_ = *chosen;
  return chosen;
}

std::optional<Ordinal> PoolIndex::choose_among(std::span<const Ordinal> few,
                                               const ProxyFilters& filters,
                                               SelectorStrategy selector, const Uuid& after,
                                               const Uuid& pool_id) const {
  const FilterPlan plan(filters, *this);
  return first_of(Roaring(few.size(), few.data()), selector, after, [&](Ordinal ordinal) {
    std::optional<Proxy> record;
    return plan.admits(rows_[ordinal], [&]() -> const Proxy& {
      return record ? *record : record.emplace(proxy(ordinal, pool_id));
    });
  });
}

std::optional<Ordinal> PoolIndex::find_first(const ProxyFilters& filters, SelectorStrategy selector,
                                             const Uuid& after, const Uuid& pool_id) {
  bring_up_to_date(selector);
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
  if (const auto plane = plans_.find_again(conditions)) return choose_from_plane(*plane);
  const std::size_t hash = hash_of(conditions);
  if (const auto plane = plans_.find(conditions, hash)) return choose_from_plane(*plane);

  const FilterPlan plan(conditions, *this);
  FilterPlan::Superset superset = plan.superset();
  if (!superset) superset = all_;
  if (plans_.worth_a_plane(hash)) {
    return choose_from_plane(give_plane(conditions, hash, plan, *std::move(superset)));
  }
  const std::uint64_t candidates = superset->cardinality();
  const std::size_t tries = tries_for(candidates);
  if (tries > 0) {
    const auto found = first_accepted(selector, kAvailable, after, tries, [&](Ordinal ordinal) {
      if (!superset->contains(ordinal)) return false;
      if (admitted(ordinal)) return true;
      superset->remove(ordinal);  // so that no predicate is asked about it again
      return false;
    });
    if (found || tries >= stats_.available_proxies) return found;
  }
  return first_of(*superset, selector, after, admitted);
}

// How many proxies to try in order before looking through all candidates instead: none where those
// are few, else a few times what it would take if the matches stood evenly among the others.
std::size_t PoolIndex::tries_for(std::uint64_t candidates) const {
  if (candidates <= kFewCandidates) return 0;
  return std::min<std::uint64_t>(candidates, kPatience * (size() / candidates + kLeastTries));
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
