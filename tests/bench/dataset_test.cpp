// The benchmark's pools are what its rows claim.
#include "bench/dataset.h"

#include <gtest/gtest.h>

#include <set>

#include "bench/filter_cases.h"
#include "bench/grid.h"

namespace pharox::bench {
namespace {

class DatasetOf : public testing::TestWithParam<std::size_t> {
 protected:
  const Dataset dataset_ = make_dataset(GetParam());
};

TEST_P(DatasetOf, MatchesEachFilterWithTheShareThatIsClaimed) {
  const auto total = static_cast<double>(dataset_.proxies.size());
  for (const SelectorStrategy selector : kSelectors) {
    for (const FilterCase& filter : filter_cases()) {
      const ProxyFilters filters = filter.filters(selector);
      validate(filters);
      const auto matching = std::ranges::count_if(
          dataset_.proxies, [&](const Proxy& proxy) { return matches(filters, proxy); });
      const double claimed = filter.share * total + static_cast<double>(filter.fixed);
      EXPECT_NEAR(static_cast<double>(matching), claimed, filter.tolerance * total + 1e-6)
          << filter.name;
    }
  }
}

TEST_P(DatasetOf, LeasesTheShareThatIsClaimedAndAllOfTheExhaustedCountry) {
  const std::size_t total = dataset_.proxies.size();
  const std::set<std::size_t> last(dataset_.last_in_order.begin(), dataset_.last_in_order.end());
  EXPECT_EQ(last.size(), dataset_.last_in_order.size());
  const std::array<std::size_t, 3> claimed{total / 100, total / 2,
                                           std::min(total - total / 1000, total - last.size())};
  for (std::size_t i = 0; i < kOccupancies.size(); ++i) {
    const auto order = leased_proxies(dataset_, kOccupancies[i]);
    const std::set<std::size_t> leased(order.begin(), order.end());
    EXPECT_EQ(leased.size(), claimed[i]);
    EXPECT_EQ(order.size(), claimed[i]);
    for (const std::size_t special : last) EXPECT_FALSE(leased.contains(special));
    for (std::size_t proxy = 0; proxy < total; ++proxy) {
      if (dataset_.proxies[proxy].country == kExhaustedCountry) {
        EXPECT_TRUE(leased.contains(proxy));
      }
    }
  }
}

TEST_P(DatasetOf, IsTheSameEveryTime) {
  EXPECT_EQ(make_dataset(GetParam()).proxies, dataset_.proxies);
}

INSTANTIATE_TEST_SUITE_P(Sizes, DatasetOf, testing::Values(1'000, 32'000));

}  // namespace
}  // namespace pharox::bench
