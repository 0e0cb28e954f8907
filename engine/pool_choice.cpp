// PoolIndex::choose: the steps stand at the head of pool_index.h.
#include <algorithm>

#include "engine/filter_plan.h"
#include "engine/pool_index.h"

namespace pharox::engine {
namespace {

// Sorting so few is cheaper than any walk.
constexpr std::uint64_t kFewCandidates = 64;

bool has_conditions(const ProxyFilters& filters) {
  return filters.source || filters.country || filters.city || filters.isp || filters.asn ||
         filters.latitude || !filters.all_of.empty() || !filters.any_of.empty() ||
         !filters.none_of.empty() || filters.predicate;
}

}  // namespace

template <class Accept>
std::optional<Ordinal> PoolIndex::first_in_order(SelectorStrategy selector, const Uuid& after,
                                                 const Accept& accept) const {
  const auto first = [&](auto begin, auto end) -> std::optional<Ordinal> {
    const auto found = std::find_if(begin, end, accept);
    return found == end ? std::nullopt : std::optional(*found);
  };
  switch (selector) {
    case SelectorStrategy::first_available:
      return first(by_checked_at_.begin(), by_checked_at_.end());
    case SelectorStrategy::least_used:
      return first(by_load_.begin(), by_load_.end());
    case SelectorStrategy::round_robin:
      break;
  }
  const auto next = by_id_.upper_bound(after);
  const auto found = first(next, by_id_.end());
  return found ? found : first(by_id_.begin(), next);
}

template <class Accept>
std::optional<Ordinal> PoolIndex::first_of_sorted(const Roaring& candidates,
                                                  SelectorStrategy selector, const Uuid& after,
                                                  const Accept& accept) const {
  std::vector<Ordinal> ordinals(candidates.cardinality());
  candidates.toUint32Array(ordinals.data());
  switch (selector) {
    case SelectorStrategy::first_available:
      std::ranges::sort(ordinals, ByCheckedAt{this});
      break;
    case SelectorStrategy::least_used:
      std::ranges::sort(ordinals, ByLoad{this});
      break;
    case SelectorStrategy::round_robin:
      std::ranges::sort(ordinals, [&](Ordinal a, Ordinal b) {
        const bool a_wraps = rows_[a].id <= after;
        const bool b_wraps = rows_[b].id <= after;
        return std::tie(a_wraps, rows_[a].id) < std::tie(b_wraps, rows_[b].id);
      });
      break;
  }
  const auto found = std::ranges::find_if(ordinals, accept);
  return found == ordinals.end() ? std::nullopt : std::optional(*found);
}

std::optional<Ordinal> PoolIndex::choose(const ProxyFilters& filters, SelectorStrategy selector,
                                         const Uuid& after, const Uuid& pool_id) const {
  const FilterPlan plan(filters, *this);
  FilterPlan::Superset narrowed = has_conditions(filters) ? plan.superset() : std::nullopt;
  if (narrowed) *narrowed &= available_;
  const Roaring& candidates = narrowed ? *narrowed : available_;
  const std::uint64_t count = candidates.cardinality();
  if (count == 0) return std::nullopt;

  const auto admitted = [&](Ordinal ordinal) {
    std::optional<Proxy> record;
    return plan.admits(rows_[ordinal], [&]() -> const Proxy& {
      if (!record) record = proxy(ordinal, pool_id);
      return *record;
    });
  };
  const auto accept = [&](Ordinal ordinal) {
    return candidates.contains(ordinal) && (plan.exact() || admitted(ordinal));
  };
  const std::uint64_t walked =
      selector == SelectorStrategy::round_robin ? stats_.total_proxies : stats_.available_proxies;
  if (count <= kFewCandidates || count <= walked / count) {
    return first_of_sorted(candidates, selector, after, accept);
  }
  return first_in_order(selector, after, accept);
}

}  // namespace pharox::engine
