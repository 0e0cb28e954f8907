#include "bench/filter_cases.h"

#include <array>
#include <string>

#include "bench/cities.h"
#include "bench/dataset.h"

namespace pharox::bench {
namespace {

ProxyFilters in_country(std::string_view country) { return {.country = std::string(country)}; }

ProxyFilters near_centre() {
  return {.latitude = kCentreLatitude, .longitude = kCentreLongitude, .radius_km = kWideRadiusKm};
}

ProxyFilters none(SelectorStrategy) { return {}; }
ProxyFilters country_half(SelectorStrategy) { return in_country(kHalfCountry); }
ProxyFilters country_1pct(SelectorStrategy) { return in_country(kOnePercentCountry); }
ProxyFilters one_match(SelectorStrategy selector) { return {.city = city_of_last(selector)}; }
ProxyFilters exhausted(SelectorStrategy) { return in_country(kExhaustedCountry); }

ProxyFilters and_disjoint(SelectorStrategy) {
  return {.source = std::string(kWideSource), .isp = std::string(kWideIsp)};
}

ProxyFilters and_3(SelectorStrategy) {
  return {.source = std::string(kNarrowSource),
          .country = std::string(kFifthCountry),
          .isp = std::string(kNarrowIsp)};
}

ProxyFilters any_of_5(SelectorStrategy) {
  ProxyFilters filters;
  for (const std::string_view country : kSmallCountries) {
    filters.any_of.push_back(in_country(country));
  }
  return filters;
}

ProxyFilters none_of(SelectorStrategy) {
  return {.none_of = {in_country(kHalfCountry), {.source = std::string(kWideSource)}}};
}

ProxyFilters geo_50km(SelectorStrategy) {
  static const City city = make_cities().front();
  return {.latitude = city.latitude, .longitude = city.longitude, .radius_km = kNarrowRadiusKm};
}

ProxyFilters geo_2000km(SelectorStrategy) { return near_centre(); }

ProxyFilters nested(SelectorStrategy) {
  ProxyFilters half_without_wide_isp = in_country(kHalfCountry);
  half_without_wide_isp.none_of = {{.isp = std::string(kWideIsp)}};
  ProxyFilters any;
  any.any_of = {in_country(kSmallCountries[0]), half_without_wide_isp, near_centre()};
  return {.all_of = {any}, .none_of = {{.source = std::string(kWideSource)}}};
}

// Of nested: 70 % are not of the wide source. Of the 30 % that have the wide provider and so not
// that source, those that are in the small country (4 %) or near the centre (10 %) match; of the
// other 40 %, those in the small country or the half country (54 %) or near the centre. City and
// slot are independent, hence a tolerance.
constexpr double kNear = double{kCitiesInWideRadius} / kCities;
constexpr double kNested = 0.3 * (1 - 0.96 * (1 - kNear)) + 0.4 * (1 - 0.46 * (1 - kNear));

constexpr std::array kCases{
    FilterCase{"none", none, 1, 0, 0},
    FilterCase{"country_half", country_half, 0.5, 0, 0},
    FilterCase{"country_1pct", country_1pct, 0.01, 0, 0},
    FilterCase{"one_match", one_match, 0, 1, 0},
    FilterCase{"exhausted", exhausted, 0.01, 0, 0},
    FilterCase{"and_disjoint", and_disjoint, 0, 0, 0},
    FilterCase{"and_3", and_3, 0.02, 0, 0},
    FilterCase{"any_of_5", any_of_5, 0.2, 0, 0},
    FilterCase{"none_of", none_of, 0.35, 0, 0},
    FilterCase{"geo_50km", geo_50km, 1.0 / kCities, 0, 0},
    FilterCase{"geo_2000km", geo_2000km, kNear, 0, 0},
    FilterCase{"nested", nested, kNested, 0, 0.02},
};

}  // namespace

std::span<const FilterCase> filter_cases() { return kCases; }

}  // namespace pharox::bench
