// Where the proxies of the benchmarks are: cities with known neighbours, so that a distance filter
// has a known share.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace pharox::bench {

struct City {
  std::string name;
  double latitude;
  double longitude;
};

constexpr std::size_t kCities = 250;
// Of them, within kWideRadiusKm of the centre.
constexpr std::size_t kCitiesInWideRadius = 25;

constexpr double kCentreLatitude = 48.0;
constexpr double kCentreLongitude = 11.0;
constexpr double kWideRadiusKm = 2000;
// Around the first city, which has no other that close.
constexpr double kNarrowRadiusKm = 50;

// Proxies stand at most this far from their city's coordinates: 16 km.
constexpr double kCityJitterDegrees = 0.1;

// The first kCitiesInWideRadius are those.
std::vector<City> make_cities();

}  // namespace pharox::bench
