// Filters, made ready for one pool: texts looked up in its dictionaries once, so that a proxy is
// tested by comparing numbers and a set of proxies is found by algebra on bitmaps.
//
// The set is a superset of the matches. It is exact unless a clause asks what bitmaps cannot
// answer: a distance, or a predicate. Such a clause counts as "perhaps": in a conjunction its
// bitmap (for a distance) still narrows the set, under none_of it excludes nobody. Whoever takes a
// proxy from a set that is not exact asks admits() about it.
#pragma once

#include <functional>
#include <optional>
#include <roaring/roaring.hh>
#include <utility>
#include <vector>

#include "engine/proxy_row.h"
#include "pharox/filters.h"

namespace pharox::engine {

class PoolIndex;

class FilterPlan {
 public:
  // Both must outlive the plan, and the pool not change meanwhile. Requires valid filters.
  FilterPlan(const ProxyFilters& filters, const PoolIndex& pool);

  // Nullopt: every proxy of the pool.
  using Superset = std::optional<Roaring>;
  Superset superset() const;

  // Whether superset() holds the matches and nothing else.
  bool exact() const { return exact_; }

  // Whether the proxy matches: conditions on attributes first, then clauses, predicates last.
  // `make_proxy` makes the record that predicates are given. Throws what a predicate throws.
  bool admits(const ProxyRow& row, const std::function<const Proxy&()>& make_proxy) const;

 private:
  bool attributes_match(const ProxyRow& row) const;
  bool clauses_match(const ProxyRow& row, const std::function<const Proxy&()>& make_proxy) const;

  const ProxyFilters& filters_;
  const PoolIndex& pool_;
  std::vector<std::pair<TextField, ValueId>> texts_;
  std::optional<ValueId> asn_;
  std::vector<FilterPlan> all_of_;
  std::vector<FilterPlan> any_of_;
  std::vector<FilterPlan> none_of_;
  bool exact_;
};

}  // namespace pharox::engine
