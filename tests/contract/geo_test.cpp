// Contract, section 5: the geography of filters. The places are those where grids and formulas
// break: poles, the 180th meridian, discs of a few metres and discs of half the globe.
#include <cmath>
#include <numbers>

#include "tests/contract/contract_test.h"

namespace pharox::tests {
namespace {

class Geo : public ContractTest {
 protected:
  void place(std::uint64_t number, double latitude, double longitude) {
    save(number, [&](Proxy& proxy) {
      proxy.latitude = latitude;
      proxy.longitude = longitude;
    });
  }
  static ProxyFilters at(double latitude, double longitude) {
    return {.latitude = latitude, .longitude = longitude};
  }
  static ProxyFilters disc(double latitude, double longitude, double radius_km) {
    return {.latitude = latitude, .longitude = longitude, .radius_km = radius_km};
  }
  void expect_matching(const ProxyFilters& filters, std::initializer_list<std::uint64_t> numbers) {
    std::vector<Uuid> expected;
    for (const std::uint64_t number : numbers) expected.push_back(id_of(number));
    EXPECT_EQ(matching(filters), expected)
        << *filters.latitude << ' ' << *filters.longitude << ' ' << filters.radius_km.value_or(0);
  }
};
PHAROX_FOR_EVERY_BACKEND(Geo);

constexpr double kDegreeKm = 6371.0 * std::numbers::pi / 180;
constexpr double kHalfwayRoundKm = 6371.0 * std::numbers::pi;

TEST_P(Geo, DistanceIsTheGreatCircleOnASphereOf6371Km) {
  EXPECT_NEAR(haversine_km(0, 0, 0, 1), kDegreeKm, 1e-9);
  EXPECT_NEAR(haversine_km(0, 0, 1, 0), kDegreeKm, 1e-9);
  EXPECT_NEAR(haversine_km(90, 17, -90, -140), kHalfwayRoundKm, 1e-6);
  EXPECT_NEAR(haversine_km(0, 179.5, 0, -179.5), kDegreeKm, 1e-9);
  EXPECT_NEAR(haversine_km(52.52, 13.405, 48.8566, 2.3522), 877.46, 0.5);  // Berlin to Paris
  EXPECT_EQ(haversine_km(12.5, 99, 12.5, 99), 0);
}

TEST_P(Geo, WithoutARadiusBothCoordinatesMustBeEqualToAMillionth) {
  place(1, 50, 7);
  place(2, 50 + 5e-7, 7 - 5e-7);
  place(3, 50 + 2e-6, 7);
  place(4, 50, 7 + 2e-6);
  expect_matching(at(50, 7), {1, 2});
}

TEST_P(Geo, ProxyWithoutCoordinatesNeverMatches) {
  save(1);
  expect_matching(at(0, 0), {});
  expect_matching(disc(0, 0, 30'000), {});
}

TEST_P(Geo, ProxyWithOneCoordinateNeverMatchesOrIsRefused) {
  try {
    save(1, [](Proxy& proxy) { proxy.latitude = 1; });
  } catch (const InvalidArgumentError&) {
    return;
  }
  expect_matching(disc(1, 0, 30'000), {});
}

TEST_P(Geo, RadiusIncludesItsRim) {
  place(1, 0, 0);
  place(2, 0, 1);
  const double distance = haversine_km(0, 0, 0, 1);
  expect_matching(disc(0, 0, distance), {1, 2});
  expect_matching(disc(0, 0, std::nextafter(distance, 0)), {1});
}

TEST_P(Geo, TinyRadiusFindsTheSpot) {
  place(1, 48.2, 16.37);
  place(2, 48.2001, 16.37);  // 11 m to the north
  expect_matching(disc(48.2, 16.37, 1e-9), {1});
  expect_matching(disc(48.2, 16.37, 0.010), {1});
  expect_matching(disc(48.2, 16.37, 0.012), {1, 2});
}

TEST_P(Geo, DiscReachesAcrossThe180thMeridian) {
  place(1, 10, 179.9);
  place(2, 10, -179.9);
  place(3, 10, 180);
  place(4, 10, -180);
  place(5, 10, 178);
  for (const double centre : {180.0, -180.0, 179.95, -179.95}) {
    expect_matching(disc(10, centre, 50), {1, 2, 3, 4});
  }
  expect_matching(disc(10, 180, 1e-6), {3, 4});
}

TEST_P(Geo, DiscAroundAPoleCoversEveryLongitude) {
  std::uint64_t number = 0;
  for (int longitude = -180; longitude <= 180; longitude += 60) place(++number, 89.5, longitude);
  place(8, 88, 0);
  place(9, -89.5, 0);
  expect_matching(disc(90, 0, 60), {1, 2, 3, 4, 5, 6, 7});
  expect_matching(disc(90, -123.4, 60), {1, 2, 3, 4, 5, 6, 7});
  expect_matching(disc(-90, 77, 60), {9});
}

TEST_P(Geo, DiscReachesOverAPole) {
  place(1, 89.9, 180);
  place(2, 89.9, -90);
  place(3, -89.9, 180);
  expect_matching(disc(89.9, 0, 0.25 * kDegreeKm), {1, 2});
  expect_matching(disc(-89.9, 0, 0.25 * kDegreeKm), {3});
  expect_matching(disc(89.9, 0, 0.15 * kDegreeKm), {2});
}

TEST_P(Geo, PoleIsOnePointWhateverItsLongitude) {
  place(1, 90, 0);
  place(2, 90, 135);
  expect_matching(disc(90, -45, 0.001), {1, 2});
}

TEST_P(Geo, DiscOfMoreThanHalfTheGlobeLeavesOutOnlyTheFarSide) {
  place(1, 0, 0);
  place(2, 0, 90);
  place(3, 90, 0);
  place(4, -60, -170);
  place(5, 0, 180);
  expect_matching(disc(0, 0, 0.501 * kHalfwayRoundKm), {1, 2, 3});
  expect_matching(disc(0, 0, 0.999 * kHalfwayRoundKm), {1, 2, 3, 4});
  expect_matching(disc(0, 0, 1.001 * kHalfwayRoundKm), {1, 2, 3, 4, 5});
  expect_matching(disc(45, 45, 1e9), {1, 2, 3, 4, 5});
}

TEST_P(Geo, EveryDiscAgreesWithTheFormula) {
  // A grid of places that lies on and between cell borders, and discs of every size around them.
  std::vector<Proxy> proxies;
  std::uint64_t number = 0;
  for (double latitude = -90; latitude <= 90; latitude += 15) {
    for (double longitude = -180; longitude <= 180; longitude += 30) {
      proxies.push_back(proxy_of(++number, pool.id));
      proxies.back().latitude = latitude;
      proxies.back().longitude = longitude;
    }
  }
  storage().add_proxies_bulk(proxies);
  for (const double latitude : {-90.0, -67.3, 0.0, 45.0, 89.99, 90.0}) {
    for (const double longitude : {-180.0, -30.0, 0.0, 14.7, 179.99, 180.0}) {
      for (const double radius : {0.5, 300.0, 1700.0, 5000.0, 10'007.0, 15'000.0, 20'000.0}) {
        const ProxyFilters filters = disc(latitude, longitude, radius);
        std::vector<Uuid> expected;
        for (const Proxy& proxy : proxies) {
          if (haversine_km(latitude, longitude, *proxy.latitude, *proxy.longitude) <= radius) {
            expected.push_back(proxy.id);
          }
        }
        ASSERT_EQ(matching(filters), expected) << latitude << ' ' << longitude << ' ' << radius;
      }
    }
  }
}

TEST_P(Geo, ClausesMayBeDiscs) {
  place(1, 52.5, 13.4);
  place(2, 48.8, 2.3);
  place(3, 40.7, -74);
  const ProxyFilters europe = disc(50, 8, 1000);
  const ProxyFilters berlin = disc(52.5, 13.4, 50);
  EXPECT_EQ(matching({.any_of = {berlin, disc(40.7, -74, 5)}}), (std::vector{id_of(1), id_of(3)}));
  EXPECT_EQ(matching({.none_of = {europe}}), (std::vector{id_of(3)}));
  EXPECT_EQ(matching({.all_of = {europe}, .none_of = {berlin}}), (std::vector{id_of(2)}));
}

TEST_P(Geo, MovedProxyIsFoundWhereItIs) {
  place(1, 10, 10);
  place(1, -10, -10);
  expect_matching(disc(10, 10, 100), {});
  expect_matching(disc(-10, -10, 100), {1});
  reopen();
  expect_matching(disc(-10, -10, 100), {1});
}

}  // namespace
}  // namespace pharox::tests
