#include "engine/filter_key.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <tuple>
#include <vector>

namespace pharox::engine {
namespace {

class Hasher {
 public:
  template <class Value>
  void add(const std::optional<Value>& value) {
    mix(value ? std::hash<Value>{}(*value) + 1 : 0);
  }
  void add(const std::vector<ProxyFilters>& clauses) {
    mix(clauses.size());
    for (const ProxyFilters& clause : clauses) mix(hash_of(clause));
  }
  std::size_t result() const { return state_; }

 private:
  void mix(std::size_t value) {
    state_ = (state_ ^ value) * 0x9E3779B97F4A7C15u;
    state_ ^= state_ >> 32;
  }
  std::size_t state_ = 0;
};

auto conditions(const ProxyFilters& filters) {
  return std::tie(filters.source, filters.country, filters.city, filters.isp, filters.asn,
                  filters.latitude, filters.longitude, filters.radius_km);
}

bool same_clauses(const std::vector<ProxyFilters>& a, const std::vector<ProxyFilters>& b) {
  return std::ranges::equal(a, b, same_conditions);
}

std::vector<ProxyFilters> without_predicates(const std::vector<ProxyFilters>& clauses) {
  std::vector<ProxyFilters> weakened;
  for (const ProxyFilters& clause : clauses) {
    weakened.push_back(engine::without_predicates(clause));
  }
  return weakened;
}

}  // namespace

bool has_conditions(const ProxyFilters& filters) {
  static const ProxyFilters kNone;
  return conditions(filters) != conditions(kNone) || !filters.all_of.empty() ||
         !filters.any_of.empty() || !filters.none_of.empty() || filters.predicate;
}

bool has_predicate(const ProxyFilters& filters) {
  return filters.predicate || std::ranges::any_of(filters.all_of, has_predicate) ||
         std::ranges::any_of(filters.any_of, has_predicate) ||
         std::ranges::any_of(filters.none_of, has_predicate);
}

ProxyFilters without_predicates(const ProxyFilters& filters) {
  ProxyFilters weakened = filters;
  weakened.predicate = nullptr;
  weakened.all_of = without_predicates(filters.all_of);
  weakened.any_of = without_predicates(filters.any_of);
  std::erase_if(weakened.none_of, has_predicate);
  return weakened;
}

std::size_t hash_of(const ProxyFilters& filters) {
  Hasher hasher;
  std::apply([&](const auto&... condition) { (hasher.add(condition), ...); }, conditions(filters));
  hasher.add(filters.all_of);
  hasher.add(filters.any_of);
  hasher.add(filters.none_of);
  return hasher.result();
}

bool same_conditions(const ProxyFilters& a, const ProxyFilters& b) {
  return conditions(a) == conditions(b) && same_clauses(a.all_of, b.all_of) &&
         same_clauses(a.any_of, b.any_of) && same_clauses(a.none_of, b.none_of);
}

}  // namespace pharox::engine
