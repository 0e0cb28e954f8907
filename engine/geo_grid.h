// A grid of cells of one degree, each with the bitmap of the proxies in it: finds a superset of
// the proxies within a distance, for the haversine to decide.
#pragma once

#include <cstdint>
#include <roaring/roaring.hh>
#include <unordered_map>

#include "engine/attribute_index.h"

namespace pharox::engine {

struct GeoPoint {
  double latitude;   // degrees, -90 to 90
  double longitude;  // degrees, -180 to 180
};

// Not thread-safe.
class GeoGrid {
 public:
  void add(const GeoPoint& point, Ordinal ordinal);
  void remove(const GeoPoint& point, Ordinal ordinal);

  // Contains every ordinal within `radius_km` of the centre, and some that are farther.
  Roaring within(const GeoPoint& centre, double radius_km) const;

  // Contains every ordinal whose coordinates both differ by at most `tolerance` degrees.
  Roaring near(const GeoPoint& point, double tolerance) const;

  // Every ordinal that has coordinates.
  const Roaring& located() const { return located_; }

  // Whether the cell of `point` has `ordinal`.
  bool contains(const GeoPoint& point, Ordinal ordinal) const;

 private:
  using Cell = std::uint32_t;  // row * kColumns + column

  static Cell cell_of(const GeoPoint& point);
  // The union of the cells of these rows and columns; columns wrap around the date line.
  Roaring collect(double south, double north, double west, double east) const;

  std::unordered_map<Cell, Roaring> cells_;
  Roaring located_;
};

}  // namespace pharox::engine
