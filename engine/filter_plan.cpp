#include "engine/filter_plan.h"

#include <algorithm>
#include <cmath>

#include "engine/pool_index.h"

namespace pharox::engine {
namespace {

void narrow(FilterPlan::Superset& set, const Roaring& other) {
  if (set) {
    *set &= other;
  } else {
    set = other;
  }
}

std::vector<FilterPlan> plan_all(const std::vector<ProxyFilters>& clauses, const PoolIndex& pool) {
  std::vector<FilterPlan> plans;
  plans.reserve(clauses.size());
  for (const ProxyFilters& clause : clauses) plans.emplace_back(clause, pool);
  return plans;
}

}  // namespace

FilterPlan::FilterPlan(const ProxyFilters& filters, const PoolIndex& pool)
    : filters_(filters),
      pool_(pool),
      all_of_(plan_all(filters.all_of, pool)),
      any_of_(plan_all(filters.any_of, pool)),
      none_of_(plan_all(filters.none_of, pool)) {
  const auto add_text = [&](TextField field, const std::optional<std::string>& wanted) {
    if (wanted && !wanted->empty()) texts_.emplace_back(field, pool.find_text(field, *wanted));
  };
  add_text(TextField::source, filters.source);
  add_text(TextField::country, filters.country);
  add_text(TextField::city, filters.city);
  add_text(TextField::isp, filters.isp);
  if (filters.asn) asn_ = pool.find_asn(*filters.asn);

  exact_ = !filters.latitude && !filters.predicate;
  for (const auto* plans : {&all_of_, &any_of_, &none_of_}) {
    exact_ = exact_ && std::ranges::all_of(*plans, &FilterPlan::exact);
  }
}

FilterPlan::Superset FilterPlan::superset() const {
  Superset set;
  for (const auto& [field, value] : texts_) {
    if (value == kNoValue) return Roaring();
    narrow(set, pool_.with_text(field, value));
  }
  if (asn_) {
    if (*asn_ == kNoValue) return Roaring();
    narrow(set, pool_.with_asn(*asn_));
  }
  if (filters_.latitude) {
    const GeoPoint centre{*filters_.latitude, *filters_.longitude};
    narrow(set, filters_.radius_km ? pool_.geo().within(centre, *filters_.radius_km)
                                   : pool_.geo().near(centre, kSamePlaceDegrees));
  }
  for (const FilterPlan& clause : all_of_) {
    if (const Superset narrower = clause.superset()) narrow(set, *narrower);
  }
  if (!any_of_.empty()) {
    Superset any = Roaring();
    for (const FilterPlan& clause : any_of_) {
      const Superset more = clause.superset();
      if (!more) {
        any.reset();
        break;
      }
      *any |= *more;
    }
    if (any) narrow(set, *any);
  }
  for (const FilterPlan& clause : none_of_) {
    if (!clause.exact()) continue;
    const Superset excluded = clause.superset();
    if (!excluded) return Roaring();
    if (!set) set = pool_.all();
    *set -= *excluded;
  }
  return set;
}

bool FilterPlan::attributes_match(const ProxyRow& row) const {
  for (const auto& [field, value] : texts_) {
    if (value == kNoValue || row.texts[static_cast<std::size_t>(field)] != value) return false;
  }
  if (asn_ && (*asn_ == kNoValue || row.asn != *asn_)) return false;
  if (!filters_.latitude) return true;
  const std::optional<GeoPoint> place = row.place();
  if (!place) return false;
  if (filters_.radius_km) {
    return haversine_km(*filters_.latitude, *filters_.longitude, place->latitude,
                        place->longitude) <= *filters_.radius_km;
  }
  return std::abs(place->latitude - *filters_.latitude) <= kSamePlaceDegrees &&
         std::abs(place->longitude - *filters_.longitude) <= kSamePlaceDegrees;
}

bool FilterPlan::clauses_match(const ProxyRow& row,
                               const std::function<const Proxy&()>& make_proxy) const {
  const auto holds = [&](const FilterPlan& clause) { return clause.admits(row, make_proxy); };
  return std::ranges::all_of(all_of_, holds) &&
         (any_of_.empty() || std::ranges::any_of(any_of_, holds)) &&
         std::ranges::none_of(none_of_, holds);
}

bool FilterPlan::admits(const ProxyRow& row,
                        const std::function<const Proxy&()>& make_proxy) const {
  return attributes_match(row) && clauses_match(row, make_proxy) &&
         (!filters_.predicate || filters_.predicate(make_proxy()));
}

}  // namespace pharox::engine
