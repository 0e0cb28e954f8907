#include "bench/sqlite_condition.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace pharox::bench {
namespace {

std::string joined(const std::vector<std::string>& conditions, std::string_view with) {
  std::string sql;
  for (const std::string& condition : conditions) {
    if (!sql.empty()) sql += with;
    sql += condition;
  }
  return sql;
}

void haversine(sqlite3_context* context, int, sqlite3_value** arguments) {
  sqlite3_result_double(
      context,
      haversine_km(sqlite3_value_double(arguments[0]), sqlite3_value_double(arguments[1]),
                   sqlite3_value_double(arguments[2]), sqlite3_value_double(arguments[3])));
}

}  // namespace

void add_haversine(SqliteDatabase& database) {
  sqlite3_create_function_v2(database.handle(), "haversine_km", 4,
                             SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, nullptr,
                             haversine, nullptr, nullptr, nullptr);
}

SqliteCondition::SqliteCondition(const ProxyFilters& filters, int first_parameter)
    : first_parameter_(first_parameter), sql_(of(filters)) {}

std::string SqliteCondition::parameter(std::variant<std::string, double, std::int64_t> value) {
  values_.push_back(std::move(value));
  return "?" + std::to_string(first_parameter_ + static_cast<int>(values_.size()) - 1);
}

// The box around the circle, which an index on the latitude narrows down; then the distance.
std::string SqliteCondition::of_place(const ProxyFilters& filters) {
  constexpr double kDegrees = 180 / std::numbers::pi;
  const double angle = *filters.radius_km / kEarthRadiusKm;
  const double height = angle * kDegrees;
  const double width =
      std::asin(std::sin(angle) / std::cos(*filters.latitude / kDegrees)) * kDegrees;
  const std::string south = parameter(*filters.latitude - height);
  const std::string north = parameter(*filters.latitude + height);
  const std::string west = parameter(*filters.longitude - width);
  const std::string east = parameter(*filters.longitude + width);
  const std::string distance = "haversine_km(latitude, longitude, " + parameter(*filters.latitude) +
                               ", " + parameter(*filters.longitude) + ")";
  return "latitude BETWEEN " + south + " AND " + north + " AND longitude BETWEEN " + west +
         " AND " + east + " AND " + distance + " <= " + parameter(*filters.radius_km);
}

std::string SqliteCondition::of(const ProxyFilters& filters) {
  std::vector<std::string> all;
  const auto equals = [&](const char* column, const std::optional<std::string>& value) {
    if (value && !value->empty()) all.push_back(column + (" = " + parameter(*value)));
  };
  equals("source", filters.source);
  equals("country", filters.country);
  equals("city", filters.city);
  equals("isp", filters.isp);
  if (filters.asn) all.push_back("asn = " + parameter(std::int64_t{*filters.asn}));
  if (filters.radius_km) all.push_back(of_place(filters));
  for (const ProxyFilters& clause : filters.all_of) all.push_back("(" + of(clause) + ")");
  if (!filters.any_of.empty()) {
    std::vector<std::string> any;
    for (const ProxyFilters& clause : filters.any_of) any.push_back("(" + of(clause) + ")");
    all.push_back("(" + joined(any, " OR ") + ")");
  }
  for (const ProxyFilters& clause : filters.none_of) all.push_back("NOT (" + of(clause) + ")");
  return all.empty() ? "1" : joined(all, " AND ");
}

void SqliteCondition::bind(SqliteStatement& statement) const {
  for (std::size_t i = 0; i < values_.size(); ++i) {
    std::visit(
        [&](const auto& value) { statement.bind(first_parameter_ + static_cast<int>(i), value); },
        values_[i]);
  }
}

}  // namespace pharox::bench
