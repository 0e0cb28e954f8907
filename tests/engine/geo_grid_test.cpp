#include "engine/geo_grid.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "pharox/filters.h"

namespace pharox::engine {
namespace {

// The superset may hold more than the disc; it must never hold less.
TEST(GeoGrid, SupersetHoldsEveryPointWithinTheDistance) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> latitude(-90, 90);
  std::uniform_real_distribution<double> longitude(-180, 180);
  std::vector<GeoPoint> points{{90, 0}, {-90, 0}, {0, 180}, {0, -180}, {0, 0}, {89.9999, -180}};
  while (points.size() < 2000) points.push_back({latitude(random), longitude(random)});
  GeoGrid grid;
  for (Ordinal i = 0; i < points.size(); ++i) grid.add(points[i], i);

  std::vector<GeoPoint> centres{{90, 17},   {-90, -3}, {0, 180}, {0, -180},
                                {0, 179.9}, {60, 180}, {89, 10}, {-89.99999, 100}};
  while (centres.size() < 200) centres.push_back({latitude(random), longitude(random)});
  for (const GeoPoint& centre : centres) {
    for (const double radius :
         {0.001, 1.0, 50.0, 500.0, 2000.0, 9999.0, 10'008.0, 15'000.0, 20'015.0, 20'016.0, 1e9}) {
      const Roaring found = grid.within(centre, radius);
      for (Ordinal i = 0; i < points.size(); ++i) {
        const double distance = haversine_km(centre.latitude, centre.longitude, points[i].latitude,
                                             points[i].longitude);
        if (distance <= radius) {
          ASSERT_TRUE(found.contains(i))
              << centre.latitude << "," << centre.longitude << " r " << radius << " misses "
              << points[i].latitude << "," << points[i].longitude;
        }
      }
    }
  }
}

TEST(GeoGrid, SmallDiscsLeaveMostOfTheWorldOut) {
  GeoGrid grid;
  Ordinal ordinal = 0;
  for (int latitude = -89; latitude < 90; ++latitude) {
    for (int longitude = -180; longitude < 180; ++longitude) {
      grid.add({latitude + 0.5, longitude + 0.5}, ordinal++);
    }
  }
  EXPECT_LE(grid.within({48.1, 11.6}, 50).cardinality(), 9u);
  EXPECT_LE(grid.near({48.5, 11.5}, kSamePlaceDegrees).cardinality(), 1u);
}

TEST(GeoGrid, RemovedPointIsFoundNoMore) {
  GeoGrid grid;
  grid.add({10, 20}, 1);
  grid.add({10, 20}, 2);
  grid.remove({10, 20}, 1);
  EXPECT_FALSE(grid.within({10, 20}, 5).contains(1));
  EXPECT_TRUE(grid.within({10, 20}, 5).contains(2));
  EXPECT_EQ(grid.located().cardinality(), 1u);
}

}  // namespace
}  // namespace pharox::engine
