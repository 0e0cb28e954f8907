// Contract, section 6: callbacks, and what they are told.
#include "tests/contract/manager_test.h"

namespace pharox::tests {
namespace {

class Events : public ManagerTest {
 protected:
  void record() {
    manager().register_acquire_callback(
        [this](const AcquireEventPayload& event) { acquired.push_back(event); });
    manager().register_release_callback(
        [this](const ReleaseEventPayload& event) { released.push_back(event); });
  }
  std::vector<AcquireEventPayload> acquired;
  std::vector<ReleaseEventPayload> released;
};
PHAROX_FOR_EVERY_BACKEND(Events);

TEST_P(Events, HitIsToldWithLeaseAndStatistics) {
  record();
  save(1, [](Proxy& proxy) { proxy.country = "DE"; });
  AcquireRequest asked = request();
  asked.consumer_name = std::string(kWorker);
  asked.filters = ProxyFilters{.country = "DE"};
  asked.selector = SelectorStrategy::least_used;
  clock.advance(1s);
  const std::optional<Lease> lease = manager().acquire_proxy(asked);
  ASSERT_EQ(acquired.size(), 1u);
  const AcquireEventPayload& event = acquired[0];
  EXPECT_EQ(event.lease, lease);
  EXPECT_EQ(event.pool_name, kPool);
  EXPECT_EQ(event.consumer_name, kWorker);
  ASSERT_TRUE(event.filters);
  EXPECT_EQ(event.filters->country, "DE");
  EXPECT_EQ(event.selector, SelectorStrategy::least_used);
  EXPECT_LE(event.started_at, event.completed_at);
  EXPECT_GT(event.duration, 0ns);
  ASSERT_TRUE(event.pool_stats);
  EXPECT_EQ(event.pool_stats->total_leases, 1u);
  EXPECT_EQ(event.pool_stats->leased_proxies, 1u);
}

TEST_P(Events, MissIsToldWithoutLease) {
  record();
  EXPECT_FALSE(manager().acquire_proxy(request()));
  ASSERT_EQ(acquired.size(), 1u);
  EXPECT_FALSE(acquired[0].lease);
  EXPECT_FALSE(acquired[0].filters);
  EXPECT_EQ(acquired[0].consumer_name, ProxyManager::kDefaultConsumerName);
  ASSERT_TRUE(acquired[0].pool_stats);
  EXPECT_EQ(acquired[0].pool_stats->total_proxies, 0u);
}

TEST_P(Events, UnknownPoolHasNoStatistics) {
  record();
  EXPECT_FALSE(manager().acquire_proxy({.pool_name = "elsewhere"}));
  ASSERT_EQ(acquired.size(), 1u);
  EXPECT_EQ(acquired[0].pool_name, "elsewhere");
  EXPECT_FALSE(acquired[0].pool_stats);
}

TEST_P(Events, RefusedRequestIsNoEvent) {
  record();
  EXPECT_THROW(manager().acquire_proxy(request(0s)), InvalidLeaseError);
  EXPECT_TRUE(acquired.empty());
}

TEST_P(Events, ReleaseIsToldWithTheLeaseAsReleased) {
  record();
  save(1);
  const Lease lease = manager().acquire_proxy(request()).value();
  clock.advance(7s);
  ASSERT_TRUE(manager().release_proxy(lease));
  ASSERT_EQ(released.size(), 1u);
  const ReleaseEventPayload& event = released[0];
  EXPECT_EQ(event.lease, storage().get_lease(lease.id));
  EXPECT_EQ(event.lease.status, LeaseStatus::released);
  EXPECT_EQ(event.lease.end_reason, EndReason::consumer);
  EXPECT_EQ(event.pool_name, kPool);
  EXPECT_EQ(event.released_at, kStart + 7s);
  EXPECT_EQ(event.lease_duration, 7s);
  ASSERT_TRUE(event.pool_stats);
  EXPECT_EQ(event.pool_stats->total_leases, 0u);
}

TEST_P(Events, OnlyARealReleaseIsTold) {
  record();
  save(1);
  const Lease lease = manager().acquire_proxy(request(10s)).value();
  ASSERT_TRUE(manager().release_proxy(lease));
  EXPECT_FALSE(manager().release_proxy(lease));
  Lease unknown;
  unknown.id = id_of(5);
  EXPECT_FALSE(manager().release_proxy(unknown));
  const Lease expired = manager().acquire_proxy(request(10s)).value();
  clock.advance(10s);
  ASSERT_EQ(manager().cleanup_expired_leases(), 1u);
  EXPECT_FALSE(manager().release_proxy(expired));
  EXPECT_EQ(released.size(), 1u);
}

TEST_P(Events, CallbacksRunInOrderOfRegistration) {
  save(1);
  std::string order;
  for (const char name : {'a', 'b', 'c'}) {
    manager().register_acquire_callback([&, name](const auto&) { order += name; });
    manager().register_release_callback([&, name](const auto&) { order += name; });
  }
  const Lease lease = manager().acquire_proxy(request()).value();
  EXPECT_EQ(order, "abc");
  manager().release_proxy(lease);
  EXPECT_EQ(order, "abcabc");
}

TEST_P(Events, CallbackThatThrowsNeitherLosesTheLeaseNorStopsTheOthers) {
  save(1);
  int others = 0;
  manager().register_acquire_callback([](const auto&) { throw std::runtime_error("in acquire"); });
  manager().register_acquire_callback([&](const auto&) { ++others; });
  manager().register_acquire_callback([](const auto&) { throw 17; });
  manager().register_release_callback([](const auto&) { throw std::runtime_error("in release"); });
  manager().register_release_callback([&](const auto&) { ++others; });
  const std::optional<Lease> lease = manager().acquire_proxy(request());
  ASSERT_TRUE(lease);
  EXPECT_EQ(storage().get_lease(lease->id), lease);
  EXPECT_TRUE(manager().release_proxy(*lease));
  EXPECT_EQ(others, 2);
  EXPECT_EQ(reported, (std::vector<std::string>{"in acquire", "not an exception", "in release"}));
}

TEST_P(Events, WithoutAHandlerErrorsAreALineOnStderr) {
  ProxyManager quiet(storage());
  quiet.register_acquire_callback([](const auto&) { throw std::runtime_error("told to stderr"); });
  testing::internal::CaptureStderr();
  quiet.acquire_proxy(request());
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("told to stderr"), std::string::npos) << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST_P(Events, CallbackMayCallTheManager) {
  save(1);
  int depth = 0;
  manager().register_acquire_callback([&](const AcquireEventPayload& event) {
    if (++depth < 4) {
      EXPECT_TRUE(manager().acquire_proxy(request()));
    }
    EXPECT_TRUE(manager().release_proxy(*event.lease));
  });
  ASSERT_TRUE(manager().acquire_proxy(request()));
  EXPECT_EQ(depth, 4);
  EXPECT_EQ(stats().total_leases, 0u);
  EXPECT_TRUE(reported.empty());
}

TEST_P(Events, CallbackMayRegisterAnotherForTheNextTime) {
  int runs = 0;
  bool registered = false;
  manager().register_acquire_callback([&](const auto&) {
    if (!std::exchange(registered, true)) {
      manager().register_acquire_callback([&](const auto&) { ++runs; });
    }
  });
  manager().acquire_proxy(request());
  EXPECT_LE(runs, 1);
  const int before = runs;
  manager().acquire_proxy(request());
  EXPECT_EQ(runs, before + 1);
}

TEST_P(Events, CallbacksRunAfterTheCommit) {
  save(1);
  bool seen = false;
  manager().register_acquire_callback([&](const AcquireEventPayload& event) {
    seen = storage().get_lease(event.lease->id) == event.lease;
  });
  ASSERT_TRUE(manager().acquire_proxy(request()));
  EXPECT_TRUE(seen);
}

TEST_P(Events, ReleaseAfterThePoolIsGoneIsNoRelease) {
  record();
  save(1);
  const Lease lease = manager().acquire_proxy(request()).value();
  storage().delete_pool(pool.id);
  EXPECT_FALSE(manager().release_proxy(lease));
  EXPECT_TRUE(released.empty());
}

}  // namespace
}  // namespace pharox::tests
