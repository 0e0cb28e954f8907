// Filters as a condition in SQL, the way one writes it by hand.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "bench/sqlite_database.h"
#include "pharox/filters.h"

namespace pharox::bench {

class SqliteCondition {
 public:
  // Parameters are numbered from `first_parameter`. Requires a radius with every place, and none
  // that reaches a pole or the date line.
  SqliteCondition(const ProxyFilters& filters, int first_parameter);

  // "1" without conditions.
  const std::string& sql() const { return sql_; }
  // Must outlive the statement's runs.
  void bind(SqliteStatement& statement) const;

 private:
  std::string of(const ProxyFilters& filters);
  std::string of_place(const ProxyFilters& filters);
  std::string parameter(std::variant<std::string, double, std::int64_t> value);

  int first_parameter_;
  std::vector<std::variant<std::string, double, std::int64_t>> values_;
  std::string sql_;
};

// The function haversine_km(latitude, longitude, latitude, longitude), for distances.
void add_haversine(SqliteDatabase& database);

}  // namespace pharox::bench
