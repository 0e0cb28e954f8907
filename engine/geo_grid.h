// A grid of cells of one degree, each with the bitmap of the proxies in it: finds a superset of
// the proxies within a distance, for the haversine to decide.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <roaring/roaring.hh>
#include <span>
#include <unordered_map>
#include <vector>

#include "engine/attribute_index.h"
#include "engine/group_by.h"

namespace pharox::engine {

struct GeoPoint {
  double latitude;   // degrees, -90 to 90
  double longitude;  // degrees, -180 to 180
};

// Not thread-safe.
class GeoGrid {
 public:
  void add(const GeoPoint& point, Ordinal ordinal);
  // The same for many: point_of(ordinal) is an std::optional<GeoPoint>.
  template <class PointOf>
  void add_all(std::span<const Ordinal> ordinals, const PointOf& point_of) {
    const auto cell = [&](Ordinal ordinal) {
      const std::optional<GeoPoint> point = point_of(ordinal);
      return point ? cell_of(*point) : kCells;
    };
    for_each_group(ordinals, kCells, cell, [&](std::size_t each, const auto& members) {
      cells_[static_cast<Cell>(each)].addMany(members.size(), members.data());
    });
    std::vector<Ordinal> placed;
    placed.reserve(ordinals.size());
    std::ranges::copy_if(ordinals, std::back_inserter(placed),
                         [&](Ordinal each) { return point_of(each).has_value(); });
    located_.addMany(placed.size(), placed.data());
  }
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

  static constexpr int kRows = 181;     // latitude 90 has a row of its own
  static constexpr int kColumns = 360;  // longitude 180 is -180
  static constexpr Cell kCells = kRows * kColumns;

  static int row_of(double latitude);
  static int column_of(double longitude);
  static Cell cell_of(const GeoPoint& point);
  // The union of the cells of these rows and columns; columns wrap around the date line.
  Roaring collect(double south, double north, double west, double east) const;

  std::unordered_map<Cell, Roaring> cells_;
  Roaring located_;
};

}  // namespace pharox::engine
