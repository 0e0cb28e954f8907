#include "bench/cities.h"

#include <algorithm>
#include <array>
#include <random>
#include <string_view>

#include "pharox/filters.h"

namespace pharox::bench {
namespace {

constexpr std::uint64_t kCitySeed = 271828;
// Wider than any jitter, so that a city is on one side of a radius with all its proxies.
constexpr double kMarginKm = 100;

std::string name_of(std::size_t city) {
  static constexpr std::array<std::string_view, 25> kFirst{
      "Alder", "Birch", "Cedar",  "Copper",  "Eagle",  "Elm",    "Falcon", "Glen",  "Granite",
      "Hazel", "Heron", "Iron",   "Juniper", "Lark",   "Linden", "Maple",  "North", "Oak",
      "Otter", "Pine",  "Quartz", "Raven",   "Silver", "Stone",  "Willow"};
  static constexpr std::array<std::string_view, 10> kSecond{
      "bridge", "burgh", "by", "dale", "field", "ford", "haven", "mouth", "stead", "wick"};
  std::string name(kFirst[city % kFirst.size()]);
  return name += kSecond[city / kFirst.size()];
}

}  // namespace

std::vector<City> make_cities() {
  std::mt19937_64 random(kCitySeed);
  // Away from the poles and the date line, where a bounding box, which the SQLite recipe uses,
  // needs care that has nothing to do with cost.
  std::uniform_real_distribution<double> latitude(-55, 68);
  std::uniform_real_distribution<double> longitude(-170, 170);
  std::vector<City> cities;
  while (cities.size() < kCities) {
    const City city{name_of(cities.size()), latitude(random), longitude(random)};
    const double from_centre =
        haversine_km(city.latitude, city.longitude, kCentreLatitude, kCentreLongitude);
    const bool wanted = cities.size() < kCitiesInWideRadius
                            ? from_centre <= kWideRadiusKm - kMarginKm
                            : from_centre >= kWideRadiusKm + kMarginKm;
    const bool alone = std::ranges::none_of(cities, [&](const City& other) {
      return haversine_km(city.latitude, city.longitude, other.latitude, other.longitude) <
             kMarginKm;
    });
    if (wanted && alone) cities.push_back(city);
  }
  return cities;
}

}  // namespace pharox::bench
