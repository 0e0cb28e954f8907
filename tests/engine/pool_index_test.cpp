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

// More proxies change than an order puts off.
TEST(PoolIndex, AnOrderThatNobodyAskedMeanwhileIsUpToDateWhenItIsAsked) {
  PoolIndex index;
  const Uuid pool_id = id_of(100);
  const auto add = [&](std::uint64_t number) {
    Proxy proxy = proxy_of(number, pool_id);
    proxy.checked_at = kStart + Duration{static_cast<std::int64_t>(number)};
    proxy.max_concurrency = 1;
    return index.insert(proxy, 0);
  };
  const auto choose = [&](SelectorStrategy selector) {
    return index.choose({}, selector, Uuid{}, pool_id);
  };
  constexpr std::uint64_t kProxies = 6000;
  for (std::uint64_t number = 1; number <= kProxies; ++number) add(number);
  std::vector<Ordinal> leased;
  while (const auto chosen = choose(SelectorStrategy::least_used)) {
    leased.push_back(*chosen);
    ASSERT_EQ(number_of(index.row(*chosen).id), leased.size());
    index.set_leases(*chosen, 1);
  }
  ASSERT_EQ(leased.size(), kProxies);
  EXPECT_EQ(index.validate(), std::nullopt);
  EXPECT_EQ(choose(SelectorStrategy::first_available), std::nullopt);

  for (std::uint64_t number = 2; number <= kProxies; number += 2) {
    index.set_leases(leased[number - 1], 0);
  }
  index.erase(leased[1]);
  EXPECT_EQ(add(kProxies + 1), leased[1]) << "in the place of the one that is gone";
  EXPECT_EQ(index.validate(), std::nullopt);
  for (std::size_t free = kProxies / 2; free > 0; --free) {
    const auto newest = choose(SelectorStrategy::first_available);
    ASSERT_TRUE(newest);
    const std::uint64_t number = number_of(index.row(*newest).id);
    ASSERT_EQ(number, free == kProxies / 2 ? kProxies + 1 : 2 * (free + 1));
    index.set_leases(*newest, 1);
  }
  for (const auto selector : {SelectorStrategy::first_available, SelectorStrategy::least_used,
                              SelectorStrategy::round_robin}) {
    EXPECT_EQ(choose(selector), std::nullopt);
  }
  EXPECT_EQ(index.validate(), std::nullopt);
}

}  // namespace
}  // namespace pharox::engine
