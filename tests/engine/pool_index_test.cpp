#include "engine/pool_index.h"

#include <gtest/gtest.h>

#include "tests/fixtures/records.h"

namespace pharox::engine {
namespace {

using namespace tests;

std::uint64_t number_of(const Uuid& id) {
  std::uint64_t number = 0;
  for (int i = 12; i < 16; ++i) number = number << 8 | id.bytes[i];
  return number;
}

// 3,000 proxies: the "late" third was checked first, and so stands at the far end of the order of
// first_available and at the near end of the others. Few candidates are sorted, many are tried in
// order, and what is asked again gets a plane: each time the choice is the same.
TEST(PoolIndex, EveryWayOfChoosingGivesTheSameChoice) {
  PoolIndex index;
  const Uuid pool_id = id_of(100);
  for (std::uint64_t number = 1; number <= 3000; ++number) {
    Proxy proxy = proxy_of(number, pool_id);
    proxy.checked_at = kStart + Duration{static_cast<std::int64_t>(number)};
    proxy.country = number <= 1000 ? "late" : "early";
    if (number <= 20) proxy.city = "few";
    index.insert(proxy, 0);
  }
  struct Case {
    ProxyFilters filters;
    std::uint64_t first_available, least_used, round_robin;
  };
  const std::vector<Case> cases{{{.country = "late"}, 1000, 1, 501},
                                {{.country = "early"}, 3000, 1001, 1001},
                                {{.city = "few"}, 20, 1, 1},
                                {{}, 3000, 1, 501}};
  const auto chosen = [&](const ProxyFilters& filters, SelectorStrategy selector) {
    const auto ordinal = index.choose(filters, selector, id_of(500), pool_id);
    return ordinal ? number_of(index.row(*ordinal).id) : 0;
  };
  for (int asked = 0; asked < 5; ++asked) {
    for (const Case& each : cases) {
      EXPECT_EQ(chosen(each.filters, SelectorStrategy::first_available), each.first_available);
      EXPECT_EQ(chosen(each.filters, SelectorStrategy::least_used), each.least_used);
      EXPECT_EQ(chosen(each.filters, SelectorStrategy::round_robin), each.round_robin);
    }
  }
  EXPECT_EQ(index.validate(), std::nullopt);
}

}  // namespace
}  // namespace pharox::engine
