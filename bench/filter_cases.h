// The filters of the grid, each with the share of the pool that it matches.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "pharox/filters.h"

namespace pharox::bench {

struct FilterCase {
  std::string_view name;
  // Some ask for another proxy with another selector.
  ProxyFilters (*filters)(SelectorStrategy selector);
  // How many match in a pool of that many, leased or not: a share of them, or a fixed number.
  double share;
  std::size_t fixed;
  double tolerance;  // of the share; zero where it is exact
};

// In the order of the grid.
std::span<const FilterCase> filter_cases();

}  // namespace pharox::bench
