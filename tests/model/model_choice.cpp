#include "tests/model/model_choice.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <tuple>

namespace pharox::tests {
namespace {

bool same_text(const std::optional<std::string>& wanted, const std::optional<std::string>& actual) {
  if (!wanted.has_value() || *wanted == "") return true;
  return actual.has_value() && *actual == *wanted;
}

bool whole_clause(const ProxyFilters& clause, const Proxy& proxy) {
  return matches_naively(clause, proxy) && (!clause.predicate || clause.predicate(proxy));
}

bool in_place(const ProxyFilters& filters, const Proxy& proxy) {
  if (!filters.latitude) return true;
  if (!proxy.latitude || !proxy.longitude) return false;
  if (!filters.radius_km) {
    return std::fabs(*filters.latitude - *proxy.latitude) <= 1e-6 &&
           std::fabs(*filters.longitude - *proxy.longitude) <= 1e-6;
  }
  return sphere_distance_km(*filters.latitude, *filters.longitude, *proxy.latitude,
                            *proxy.longitude) <= *filters.radius_km;
}

}  // namespace

double sphere_distance_km(double latitude_a, double longitude_a, double latitude_b,
                          double longitude_b) {
  const auto point = [](double latitude, double longitude) {
    const double phi = latitude * std::numbers::pi / 180;
    const double lambda = longitude * std::numbers::pi / 180;
    return std::array{std::cos(phi) * std::cos(lambda), std::cos(phi) * std::sin(lambda),
                      std::sin(phi)};
  };
  const auto a = point(latitude_a, longitude_a);
  const auto b = point(latitude_b, longitude_b);
  const double cross =
      std::hypot(a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]);
  return 6371.0 * std::atan2(cross, a[0] * b[0] + a[1] * b[1] + a[2] * b[2]);
}

bool matches_naively(const ProxyFilters& filters, const Proxy& proxy) {
  if (!same_text(filters.source, proxy.source)) return false;
  if (!same_text(filters.country, proxy.country)) return false;
  if (!same_text(filters.city, proxy.city)) return false;
  if (!same_text(filters.isp, proxy.isp)) return false;
  if (filters.asn.has_value() && proxy.asn != filters.asn) return false;
  if (!in_place(filters, proxy)) return false;
  for (const ProxyFilters& clause : filters.all_of) {
    if (!whole_clause(clause, proxy)) return false;
  }
  for (const ProxyFilters& clause : filters.none_of) {
    if (whole_clause(clause, proxy)) return false;
  }
  bool any = filters.any_of.empty();
  for (const ProxyFilters& clause : filters.any_of) any = any || whole_clause(clause, proxy);
  return any;
}

bool goes_before(SelectorStrategy selector, const Uuid& cursor, const Proxy& a, const Proxy& b) {
  switch (selector) {
    case SelectorStrategy::first_available:
      return a.checked_at != b.checked_at ? a.checked_at > b.checked_at : a.id < b.id;
    case SelectorStrategy::least_used:
      return std::tie(a.current_leases, a.checked_at, a.id) <
             std::tie(b.current_leases, b.checked_at, b.id);
    case SelectorStrategy::round_robin:
      return std::tuple(a.id <= cursor, a.id) < std::tuple(b.id <= cursor, b.id);
  }
  return false;
}

std::optional<Proxy> choose_naively(std::vector<Proxy> available, const ProxyFilters& filters,
                                    SelectorStrategy selector, const Uuid& cursor) {
  std::erase_if(available, [&](const Proxy& proxy) { return !matches_naively(filters, proxy); });
  std::sort(available.begin(), available.end(),
            [&](const Proxy& a, const Proxy& b) { return goes_before(selector, cursor, a, b); });
  for (const Proxy& proxy : available) {
    if (!filters.predicate || filters.predicate(proxy)) return proxy;
  }
  return std::nullopt;
}

}  // namespace pharox::tests
