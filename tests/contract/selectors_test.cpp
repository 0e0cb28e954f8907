// Contract, section 4: the three orders, exactly.
#include "tests/contract/contract_test.h"

namespace pharox::tests {
namespace {

using enum SelectorStrategy;

class Selectors : public ContractTest {
 protected:
  Proxy save_checked(std::uint64_t number, Timestamp checked_at) {
    return save(number, [&](Proxy& proxy) { proxy.checked_at = checked_at; });
  }
  // The proxies chosen by `count` acquires, one after the other.
  std::vector<Uuid> chosen(SelectorStrategy selector, int count, const ProxyFilters& filters = {}) {
    std::vector<Uuid> ids;
    for (int i = 0; i < count; ++i) {
      const std::optional<Lease> lease = acquire(filters, selector);
      if (!lease) break;
      ids.push_back(lease->proxy_id);
    }
    return ids;
  }
  static std::vector<Uuid> ids(std::initializer_list<std::uint64_t> numbers) {
    std::vector<Uuid> result;
    for (const std::uint64_t number : numbers) result.push_back(id_of(number));
    return result;
  }
};
PHAROX_FOR_EVERY_BACKEND(Selectors);

TEST_P(Selectors, FirstAvailableTakesTheMostRecentlyChecked) {
  save_checked(1, kStart);
  save_checked(2, kStart + kMicrosecond);
  save_checked(3, kStart - 1h);
  EXPECT_EQ(chosen(first_available, 2), ids({2, 2}));
}

TEST_P(Selectors, FirstAvailableBreaksTiesByTheSmallerId) {
  for (const int number : {5, 3, 9}) save_checked(number, kStart);
  EXPECT_EQ(chosen(first_available, 1), ids({3}));
  reopen();
  EXPECT_EQ(chosen(first_available, 1), ids({3}));
}

TEST_P(Selectors, FirstAvailableGoesOnToTheNextWhenOneIsFull) {
  for (const int number : {1, 2, 3, 4}) {
    save(number, [&](Proxy& proxy) {
      proxy.max_concurrency = 1;
      proxy.checked_at = kStart + (number % 3) * 1s;  // 2, then 1 and 4 together, then 3
    });
  }
  EXPECT_EQ(chosen(first_available, 9), ids({2, 1, 4, 3}));
}

TEST_P(Selectors, FirstAvailableFollowsHealthChecks) {
  save_checked(1, kStart);
  save_checked(2, kStart + 1s);
  storage().apply_health_check_result(health_of(id_of(1), ProxyStatus::active, kStart + 2s));
  EXPECT_EQ(chosen(first_available, 1), ids({1}));
  storage().apply_health_check_result(health_of(id_of(1), ProxyStatus::active, kStart - 2s));
  EXPECT_EQ(chosen(first_available, 1), ids({2}));
  storage().apply_health_check_result(health_of(id_of(2), ProxyStatus::slow, kStart + 3s));
  EXPECT_EQ(chosen(first_available, 1), ids({1}));
}

TEST_P(Selectors, LeastUsedTakesTheFewestLeases) {
  for (const int number : {1, 2, 3}) save(number);
  storage().create_lease(id_of(1), kWorker, kLeaseTime);
  storage().create_lease(id_of(2), kWorker, kLeaseTime);
  storage().create_lease(id_of(2), kWorker, kLeaseTime);
  EXPECT_EQ(chosen(least_used, 5), ids({3, 1, 3, 1, 2}));
}

TEST_P(Selectors, LeastUsedBreaksTiesByTheLeastRecentCheckThenTheSmallerId) {
  save_checked(1, kStart + 1s);
  save_checked(2, kStart);
  save_checked(3, kStart);
  EXPECT_EQ(chosen(least_used, 6), ids({2, 3, 1, 2, 3, 1}));
}

TEST_P(Selectors, LeastUsedSeesReleasesAndExpiries) {
  save(1);
  save(2);
  const Lease first = acquire(least_used).value();
  storage().create_lease(id_of(2), kWorker, 10s);
  storage().create_lease(id_of(2), kWorker, 10s);
  ASSERT_EQ(first.proxy_id, id_of(1));
  EXPECT_EQ(find({}, least_used)->id, id_of(1));
  clock.advance(10s);
  EXPECT_EQ(find({}, least_used)->id, id_of(2));
  storage().release_lease(first);
  EXPECT_EQ(find({}, least_used)->id, id_of(1));
}

TEST_P(Selectors, LeastUsedCountsLeasesAfterReopening) {
  save(1);
  save(2);
  EXPECT_EQ(chosen(least_used, 3), ids({1, 2, 1}));
  reopen();
  EXPECT_EQ(chosen(least_used, 2), ids({2, 1}));
}

TEST_P(Selectors, RoundRobinGoesByIdAndWraps) {
  for (const int number : {30, 10, 20}) save(number);
  EXPECT_EQ(chosen(round_robin, 7), ids({10, 20, 30, 10, 20, 30, 10}));
}

TEST_P(Selectors, RoundRobinGoesOnAfterARestart) {
  for (const int number : {10, 20, 30}) save(number);
  EXPECT_EQ(chosen(round_robin, 2), ids({10, 20}));
  reopen();
  EXPECT_EQ(chosen(round_robin, 1), ids({30}));
  reopen();
  EXPECT_EQ(chosen(round_robin, 1), ids({10}));
}

TEST_P(Selectors, RoundRobinIsSharedByFindAndAllConsumers) {
  for (const int number : {1, 2, 3}) save(number);
  storage().ensure_consumer("other");
  EXPECT_EQ(find({}, round_robin)->id, id_of(1));
  EXPECT_EQ(storage().acquire(kPool, "other", kLeaseTime, {}, round_robin)->proxy_id, id_of(2));
  EXPECT_EQ(chosen(round_robin, 1), ids({3}));
  reopen();
  EXPECT_EQ(find({}, round_robin)->id, id_of(1));
}

TEST_P(Selectors, RoundRobinKeepsACursorForEachPool) {
  const ProxyPool other = pool_of(2'000'000, "other");
  storage().save_pool(other);
  for (const int number : {1, 3}) save(number);
  for (const int number : {2, 4}) storage().save_proxy(proxy_of(number, other.id));
  EXPECT_EQ(chosen(round_robin, 1), ids({1}));
  EXPECT_EQ(storage().find_available_proxy("other", {}, round_robin)->id, id_of(2));
  EXPECT_EQ(chosen(round_robin, 1), ids({3}));
  EXPECT_EQ(storage().find_available_proxy("other", {}, round_robin)->id, id_of(4));
}

TEST_P(Selectors, RoundRobinPassesOverWhatIsFullOrDoesNotMatch) {
  save(1);
  save_exclusive(2);
  save(3, [](Proxy& proxy) { proxy.country = "DE"; });
  storage().create_lease(id_of(2), kWorker, kLeaseTime);
  EXPECT_EQ(chosen(round_robin, 3), ids({1, 3, 1}));
  const ProxyFilters german{.country = "DE"};
  EXPECT_EQ(chosen(round_robin, 2, german), ids({3, 3}));
}

TEST_P(Selectors, MissOfRoundRobinLeavesTheCursor) {
  for (const int number : {1, 2}) save(number);
  EXPECT_EQ(chosen(round_robin, 1), ids({1}));
  EXPECT_FALSE(acquire(ProxyFilters{.country = "FR"}, round_robin));
  EXPECT_EQ(chosen(round_robin, 1), ids({2}));
}

TEST_P(Selectors, OtherSelectorsLeaveTheCursor) {
  for (const int number : {1, 2, 3}) save(number);
  EXPECT_EQ(chosen(round_robin, 1), ids({1}));
  chosen(first_available, 2);
  chosen(least_used, 2);
  storage().create_lease(id_of(3), kWorker, kLeaseTime);
  EXPECT_EQ(chosen(round_robin, 1), ids({2}));
}

TEST_P(Selectors, RoundRobinGoesOnWhereADeletedProxyWas) {
  for (const int number : {10, 20, 30}) save(number);
  EXPECT_EQ(chosen(round_robin, 2), ids({10, 20}));
  storage().delete_proxy(id_of(20));
  save(25);
  save(15);
  reopen();
  EXPECT_EQ(chosen(round_robin, 4), ids({25, 30, 10, 15}));
}

TEST_P(Selectors, RoundRobinReachesEveryProxyOfALargePool) {
  constexpr std::uint64_t kProxies = 500;
  std::vector<Proxy> proxies;
  for (std::uint64_t i = kProxies; i >= 1; --i) proxies.push_back(proxy_of(i, pool.id));
  storage().add_proxies_bulk(proxies);
  for (std::uint64_t i = 1; i <= 2 * kProxies; ++i) {
    ASSERT_EQ(find({}, round_robin)->id, id_of((i - 1) % kProxies + 1));
  }
}

TEST_P(Selectors, NamesAreThoseOfTheContract) {
  for (const auto& [selector, name] :
       {std::pair{first_available, "first_available"}, std::pair{least_used, "least_used"},
        std::pair{round_robin, "round_robin"}}) {
    EXPECT_EQ(to_string(selector), name);
    EXPECT_EQ(parse_selector_strategy(name), selector);
  }
  EXPECT_FALSE(parse_selector_strategy("random"));
}

}  // namespace
}  // namespace pharox::tests
