#include "engine/geo_grid.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pharox/filters.h"

namespace pharox::engine {
namespace {

constexpr double kDegree = std::numbers::pi / 180.0;
// Degrees added to every bound, so that rounding never leaves out a proxy on the edge.
constexpr double kMargin = 1e-4;

}  // namespace

int GeoGrid::row_of(double latitude) {
  return std::clamp(static_cast<int>(std::floor(latitude)) + 90, 0, kRows - 1);
}

int GeoGrid::column_of(double longitude) {
  const int column = static_cast<int>(std::floor(longitude)) + 180;
  return ((column % kColumns) + kColumns) % kColumns;
}

GeoGrid::Cell GeoGrid::cell_of(const GeoPoint& point) {
  return static_cast<Cell>(row_of(point.latitude) * kColumns + column_of(point.longitude));
}

void GeoGrid::add(const GeoPoint& point, Ordinal ordinal) {
  cells_[cell_of(point)].add(ordinal);
  located_.add(ordinal);
}

void GeoGrid::remove(const GeoPoint& point, Ordinal ordinal) {
  const auto cell = cells_.find(cell_of(point));
  cell->second.remove(ordinal);
  if (cell->second.isEmpty()) cells_.erase(cell);
  located_.remove(ordinal);
}

bool GeoGrid::contains(const GeoPoint& point, Ordinal ordinal) const {
  const auto cell = cells_.find(cell_of(point));
  return cell != cells_.end() && cell->second.contains(ordinal) && located_.contains(ordinal);
}

Roaring GeoGrid::collect(double south, double north, double west, double east) const {
  const int first_row = row_of(south - kMargin);
  const int last_row = row_of(north + kMargin);
  const bool all_columns = east - west + 2 * kMargin >= kColumns - 1;
  const int first_column = all_columns ? 0 : column_of(west - kMargin);
  const int columns =
      all_columns ? kColumns : (column_of(east + kMargin) - first_column + kColumns) % kColumns + 1;

  Roaring found;
  const auto cells_in_range = static_cast<std::size_t>(last_row - first_row + 1) * columns;
  if (cells_in_range > cells_.size()) {
    for (const auto& [cell, ordinals] : cells_) {
      const int row = static_cast<int>(cell) / kColumns;
      const int column = static_cast<int>(cell) % kColumns;
      if (row < first_row || row > last_row) continue;
      if ((column - first_column + kColumns) % kColumns < columns) found |= ordinals;
    }
    return found;
  }
  for (int row = first_row; row <= last_row; ++row) {
    for (int i = 0; i < columns; ++i) {
      const int column = (first_column + i) % kColumns;
      const auto cell = cells_.find(static_cast<Cell>(row * kColumns + column));
      if (cell != cells_.end()) found |= cell->second;
    }
  }
  return found;
}

Roaring GeoGrid::within(const GeoPoint& centre, double radius_km) const {
  const double angle = radius_km / kEarthRadiusKm;
  const double reach = angle / kDegree;
  const double south = centre.latitude - reach;
  const double north = centre.latitude + reach;
  // A disc that holds a pole touches every meridian; so does one of a quarter turn or more.
  if (south <= -90 || north >= 90 || angle >= std::numbers::pi / 2) {
    return collect(std::max(south, -90.0), std::min(north, 90.0), -180, 180);
  }
  // The meridians that touch the disc do so nearer to the pole than its centre is.
  const double ratio = std::sin(angle) / std::cos(centre.latitude * kDegree);
  const double width = std::asin(std::min(1.0, ratio)) / kDegree;
  return collect(south, north, centre.longitude - width, centre.longitude + width);
}

Roaring GeoGrid::near(const GeoPoint& point, double tolerance) const {
  return collect(point.latitude - tolerance, point.latitude + tolerance,
                 point.longitude - tolerance, point.longitude + tolerance);
}

}  // namespace pharox::engine
