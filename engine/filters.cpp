#include "pharox/filters.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "pharox/errors.h"

namespace pharox {
namespace {

constexpr std::array<std::string_view, 3> kSelectorNames{"first_available", "least_used",
                                                         "round_robin"};
constexpr std::size_t kMaxTextBytes = 255;

void check_text(std::string_view field, const std::optional<std::string>& text) {
  if (!text || text->size() <= kMaxTextBytes) return;
  throw InvalidArgumentError("filters." + std::string(field) + " has " +
                             std::to_string(text->size()) + " bytes; at most 255 are allowed");
}

// Written so that NaN is out of range.
void check_range(std::string_view field, std::optional<double> value, double low, double high) {
  if (!value || (*value >= low && *value <= high)) return;
  throw InvalidArgumentError("filters." + std::string(field) + " is " + std::to_string(*value) +
                             "; it must be from " + std::to_string(low) + " to " +
                             std::to_string(high));
}

void validate_at(const ProxyFilters& filters, int depth) {
  if (depth > kMaxFilterDepth) {
    throw InvalidArgumentError("filters nest deeper than " + std::to_string(kMaxFilterDepth) +
                               " levels");
  }
  check_text("source", filters.source);
  check_text("country", filters.country);
  check_text("city", filters.city);
  check_text("isp", filters.isp);
  check_range("latitude", filters.latitude, -90, 90);
  check_range("longitude", filters.longitude, -180, 180);
  if (filters.latitude.has_value() != filters.longitude.has_value()) {
    throw InvalidArgumentError(filters.latitude ? "filters.latitude comes without longitude"
                                                : "filters.longitude comes without latitude");
  }
  if (filters.radius_km) {
    if (!(*filters.radius_km > 0) || !std::isfinite(*filters.radius_km)) {
      throw InvalidArgumentError("filters.radius_km is " + std::to_string(*filters.radius_km) +
                                 "; it must be greater than 0 and finite");
    }
    if (!filters.latitude) {
      throw InvalidArgumentError("filters.radius_km comes without latitude and longitude");
    }
  }
  for (const auto* clauses : {&filters.all_of, &filters.any_of, &filters.none_of}) {
    for (const ProxyFilters& clause : *clauses) validate_at(clause, depth + 1);
  }
}

bool text_matches(const std::optional<std::string>& wanted,
                  const std::optional<std::string>& actual) {
  return !wanted || wanted->empty() || wanted == actual;
}

bool place_matches(const ProxyFilters& filters, const Proxy& proxy) {
  if (!filters.latitude) return true;
  if (!proxy.latitude || !proxy.longitude) return false;
  if (filters.radius_km) {
    return haversine_km(*filters.latitude, *filters.longitude, *proxy.latitude, *proxy.longitude) <=
           *filters.radius_km;
  }
  return std::abs(*proxy.latitude - *filters.latitude) <= kSamePlaceDegrees &&
         std::abs(*proxy.longitude - *filters.longitude) <= kSamePlaceDegrees;
}

}  // namespace

std::string_view to_string(SelectorStrategy selector) {
  return kSelectorNames.at(static_cast<std::size_t>(selector));
}

std::optional<SelectorStrategy> parse_selector_strategy(std::string_view text) {
  const auto found = std::find(kSelectorNames.begin(), kSelectorNames.end(), text);
  if (found == kSelectorNames.end()) return std::nullopt;
  return static_cast<SelectorStrategy>(found - kSelectorNames.begin());
}

void validate(const ProxyFilters& filters) { validate_at(filters, 1); }

bool matches(const ProxyFilters& filters, const Proxy& proxy) {
  const auto holds = [&](const ProxyFilters& clause) { return matches(clause, proxy); };
  return text_matches(filters.source, proxy.source) &&
         text_matches(filters.country, proxy.country) && text_matches(filters.city, proxy.city) &&
         text_matches(filters.isp, proxy.isp) && (!filters.asn || filters.asn == proxy.asn) &&
         place_matches(filters, proxy) && std::ranges::all_of(filters.all_of, holds) &&
         (filters.any_of.empty() || std::ranges::any_of(filters.any_of, holds)) &&
         std::ranges::none_of(filters.none_of, holds) &&
         (!filters.predicate || filters.predicate(proxy));
}

double haversine_km(double latitude_a, double longitude_a, double latitude_b, double longitude_b) {
  constexpr double kDegree = std::numbers::pi / 180.0;
  const double half_latitude = std::sin((latitude_b - latitude_a) * kDegree / 2);
  const double half_longitude = std::sin((longitude_b - longitude_a) * kDegree / 2);
  const double chord = half_latitude * half_latitude + std::cos(latitude_a * kDegree) *
                                                           std::cos(latitude_b * kDegree) *
                                                           half_longitude * half_longitude;
  return 2 * kEarthRadiusKm * std::asin(std::sqrt(std::min(1.0, chord)));
}

}  // namespace pharox
