// Contract of batches: acquire_many and release_many.
#include <future>
#include <thread>

#include "tests/contract/manager_test.h"

namespace pharox::tests {
namespace {

class Batches : public ManagerTest {
 protected:
  static std::vector<std::uint8_t> numbers_of(const std::vector<Lease>& leases) {
    std::vector<std::uint8_t> numbers;
    for (const Lease& lease : leases) numbers.push_back(lease.proxy_id.bytes[15]);
    return numbers;
  }
  using Numbers = std::vector<std::uint8_t>;
};
PHAROX_FOR_EVERY_BACKEND(Batches);

TEST_P(Batches, AsManyAsAreAskedForOfDifferentProxies) {
  for (std::uint64_t number = 1; number <= 5; ++number) save(number);
  const auto leases = manager().acquire_many(request(), 3);
  EXPECT_EQ(numbers_of(leases), (Numbers{1, 2, 3}));
  EXPECT_EQ(stats().leased_proxies, 3u);
  EXPECT_LT(leases[0].token, leases[1].token);
  EXPECT_LT(leases[1].id, leases[2].id);
}

TEST_P(Batches, AsManyAsThereAre) {
  for (std::uint64_t number = 1; number <= 2; ++number) save(number);
  EXPECT_EQ(manager().acquire_many(request(), 5).size(), 2u);
  save_exclusive(3);
  EXPECT_EQ(manager().acquire_many(request(), 5).size(), 3u) << "the others have no limit";
  EXPECT_EQ(manager().acquire_many(request(), 5).size(), 2u);
}

TEST_P(Batches, OfOneProxyWhereThatIsAskedFor) {
  save(1, [](Proxy& proxy) { proxy.max_concurrency = 3; });
  AcquireRequest asked = request();
  asked.distinct = false;
  EXPECT_EQ(numbers_of(manager().acquire_many(asked, 5)), (Numbers{1, 1, 1}));
  EXPECT_EQ(stats().total_leases, 3u);
}

TEST_P(Batches, EachSelectorGoesOnInItsOrder) {
  for (std::uint64_t number = 1; number <= 4; ++number) {
    save(number, [&](Proxy& proxy) { proxy.checked_at = kStart + number * 1s; });
  }
  AcquireRequest asked = request();
  EXPECT_EQ(numbers_of(manager().acquire_many(asked, 2)), (Numbers{4, 3}));
  asked.selector = SelectorStrategy::least_used;
  EXPECT_EQ(numbers_of(manager().acquire_many(asked, 3)), (Numbers{1, 2, 3}));
  asked.selector = SelectorStrategy::round_robin;
  EXPECT_EQ(numbers_of(manager().acquire_many(asked, 3)), (Numbers{1, 2, 3}));
  EXPECT_EQ(numbers_of(manager().acquire_many(asked, 3)), (Numbers{4, 1, 2}));
}

TEST_P(Batches, LeastUsedSpreadsOverAll) {
  for (std::uint64_t number = 1; number <= 2; ++number) save(number);
  AcquireRequest asked = request();
  asked.selector = SelectorStrategy::least_used;
  asked.distinct = false;
  EXPECT_EQ(numbers_of(manager().acquire_many(asked, 5)), (Numbers{1, 2, 1, 2, 1}));
}

TEST_P(Batches, FiltersHold) {
  save(1);
  save(2, [](Proxy& proxy) { proxy.country = "DE"; });
  AcquireRequest asked = request();
  asked.filters = ProxyFilters{.country = "DE"};
  EXPECT_EQ(numbers_of(manager().acquire_many(asked, 2)), (Numbers{2}));
}

TEST_P(Batches, ExpiredLeasesAreReclaimedFirst) {
  for (std::uint64_t number = 1; number <= 100; ++number) save_exclusive(number);
  EXPECT_EQ(manager().acquire_many(request(1min), 100).size(), 100u);
  clock.advance(1min);
  EXPECT_EQ(manager().acquire_many(request(), 100).size(), 100u);
}

TEST_P(Batches, TheCountHasBounds) {
  save(1);
  for (const std::size_t count : {std::size_t{0}, kMaxBatch + 1}) {
    const std::string text =
        text_of<InvalidArgumentError>([&] { manager().acquire_many(request(), count); });
    EXPECT_NE(text.find("count is " + std::to_string(count)), text.npos) << text;
  }
  EXPECT_EQ(stats().total_leases, 0u);
}

TEST_P(Batches, WhatIsRefusedLeasesNothing) {
  save(1);
  AcquireRequest asked = request(Duration{0});
  EXPECT_THROW(manager().acquire_many(asked, 1), InvalidLeaseError);
  asked = request();
  asked.consumer_name = "nobody";
  EXPECT_THROW(manager().acquire_many(asked, 1), ConsumerNotFoundError);
  EXPECT_EQ(stats().total_leases, 0u);
}

TEST_P(Batches, APredicateThatThrowsLeavesNothingBehind) {
  if (!queues()) GTEST_SKIP() << "it leases one after the other";
  for (std::uint64_t number = 1; number <= 3; ++number) save(number);
  AcquireRequest asked = request();
  asked.filters = ProxyFilters{};
  asked.filters->predicate = [](const Proxy& proxy) {
    if (proxy.id == id_of(3)) throw std::runtime_error("not this one");
    return true;
  };
  EXPECT_THROW(manager().acquire_many(asked, 3), std::runtime_error);
  EXPECT_EQ(stats().total_leases, 0u);
  EXPECT_EQ(stats().available_proxies, 3u);
}

TEST_P(Batches, AWaitEndsWithWhatThereIs) {
  if (!queues()) GTEST_SKIP() << "it has no queue";
  AcquireRequest asked = request();
  asked.wait_for = 1h;
  auto waiting = std::async(std::launch::async, [&] { return manager().acquire_many(asked, 3); });
  while (stats().waiting_callers == 0) std::this_thread::yield();
  const std::vector<Proxy> two{proxy_of(1, pool.id), proxy_of(2, pool.id)};
  storage().add_proxies_bulk(two);
  EXPECT_EQ(numbers_of(waiting.get()), (Numbers{1, 2}));
}

TEST_P(Batches, ReleaseManyEndsThoseThatAreActive) {
  for (std::uint64_t number = 1; number <= 3; ++number) save(number);
  std::vector<Lease> leases = manager().acquire_many(request(), 3);
  manager().release_proxy(leases[1]);
  leases.push_back(Lease{.id = id_of(404)});
  EXPECT_EQ(manager().release_many(leases), 2u);
  EXPECT_EQ(manager().release_many(leases), 0u);
  EXPECT_EQ(stats().total_leases, 0u);
}

TEST_P(Batches, CallbacksAreToldOfEach) {
  for (std::uint64_t number = 1; number <= 3; ++number) save(number);
  int hits = 0, misses = 0, released = 0;
  manager().register_acquire_callback(
      [&](const AcquireEventPayload& event) { ++(event.lease ? hits : misses); });
  manager().register_release_callback([&](const ReleaseEventPayload&) { ++released; });
  const auto leases = manager().acquire_many(request(), 5);
  EXPECT_EQ(hits, 3);
  AcquireRequest nothing = request();
  nothing.filters = ProxyFilters{.country = "DE"};
  manager().acquire_many(nothing, 5);
  EXPECT_EQ(misses, 1);
  manager().release_many(leases);
  EXPECT_EQ(released, 3);
}

}  // namespace
}  // namespace pharox::tests
