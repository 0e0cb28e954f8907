// Contract, section 6: acquiring, releasing and renewing through the manager; bootstrap.
#include "tests/contract/manager_test.h"

namespace pharox::tests {
namespace {

class Manager : public ManagerTest {};
PHAROX_FOR_EVERY_BACKEND(Manager);

TEST_P(Manager, AcquiresForFiveMinutesWithTheFirstAvailableUnlessTold) {
  save(1);
  save(2, [](Proxy& proxy) { proxy.checked_at = kStart + 1s; });
  const std::optional<Lease> lease = manager().acquire_proxy({.pool_name = std::string(kPool)});
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->proxy_id, id_of(2));
  EXPECT_EQ(lease->expires_at, kStart + 300s);
  EXPECT_EQ(storage().get_lease(lease->id), lease);
}

TEST_P(Manager, DefaultConsumerIsCreatedWhenMissing) {
  save(1);
  const Lease lease = manager().acquire_proxy(request()).value();
  ASSERT_EQ(ProxyManager::kDefaultConsumerName, "default");
  EXPECT_EQ(lease.consumer_id, storage().ensure_consumer("default"));
  EXPECT_EQ(storage().list_consumers().size(), 2u);
  manager().acquire_proxy(request());
  EXPECT_EQ(storage().list_consumers().size(), 2u);
}

TEST_P(Manager, DefaultConsumerMayBeNamed) {
  save(1);
  AcquireRequest named = request();
  named.consumer_name = "default";
  EXPECT_TRUE(manager().acquire_proxy(named));
}

TEST_P(Manager, OtherConsumersMustExist) {
  AcquireRequest named = request();
  named.consumer_name = "nobody";
  EXPECT_THROW(manager().acquire_proxy(named), ConsumerNotFoundError);
  save(1);
  EXPECT_THROW(manager().acquire_proxy(named), ConsumerNotFoundError);
  EXPECT_EQ(stats().total_leases, 0u);
  named.consumer_name = std::string(kWorker);
  EXPECT_EQ(manager().acquire_proxy(named)->consumer_id, storage().ensure_consumer(kWorker));
}

TEST_P(Manager, DurationIsRefusedFirst) {
  save(1);
  const Contents before = contents();
  for (const Duration wrong : {Duration{0}, Duration{-1s}}) {
    AcquireRequest refused = request(wrong);
    EXPECT_THROW(manager().acquire_proxy(refused), InvalidLeaseError);
    refused.consumer_name = "nobody";
    EXPECT_THROW(manager().acquire_proxy(refused), InvalidLeaseError);
    refused.pool_name = "elsewhere";
    EXPECT_THROW(manager().acquire_proxy(refused), InvalidLeaseError);
  }
  EXPECT_EQ(contents(), before);  // the default consumer is not created either
}

TEST_P(Manager, UnknownPoolIsAMiss) {
  save(1);
  EXPECT_FALSE(manager().acquire_proxy({.pool_name = "elsewhere"}));
}

TEST_P(Manager, ExpiredLeasesAreReclaimedBeforeChoosing) {
  save_exclusive(1);
  ASSERT_TRUE(manager().acquire_proxy(request(10s)));
  clock.advance(10s - kMicrosecond);
  EXPECT_FALSE(manager().acquire_proxy(request(10s)));
  clock.advance(kMicrosecond);
  EXPECT_TRUE(manager().acquire_proxy(request(10s)));
}

TEST_P(Manager, FiltersAndSelectorAreThoseOfTheRequest) {
  save(1, [](Proxy& proxy) { proxy.country = "DE"; });
  save(2);
  save(3, [](Proxy& proxy) { proxy.country = "DE"; });
  AcquireRequest german = request();
  german.consumer_name = std::string(kWorker);
  german.filters = ProxyFilters{.country = "DE"};
  german.selector = SelectorStrategy::round_robin;
  for (const int number : {1, 3, 1}) {
    EXPECT_EQ(manager().acquire_proxy(german)->proxy_id, id_of(number));
  }
  german.filters->radius_km = 1;
  EXPECT_THROW(manager().acquire_proxy(german), InvalidArgumentError);
}

TEST_P(Manager, ExceptionOfAPredicateGoesToTheCaller) {
  save(1);
  AcquireRequest throwing = request();
  throwing.filters.emplace().predicate = [](const Proxy&) -> bool { throw 17; };
  EXPECT_THROW(manager().acquire_proxy(throwing), int);
  EXPECT_EQ(stats().total_leases, 0u);
  EXPECT_TRUE(reported.empty());
}

TEST_P(Manager, PredicateThatCallsTheManagerIsRefused) {
  save(1);
  AcquireRequest calling = request();
  calling.filters.emplace().predicate = [&](const Proxy&) {
    return manager().acquire_proxy(request()).has_value();
  };
  EXPECT_THROW(manager().acquire_proxy(calling), InvalidArgumentError);
  EXPECT_EQ(stats().total_leases, 0u);
}

TEST_P(Manager, ReleaseIsTrueOnce) {
  save_exclusive(1);
  const Lease lease = manager().acquire_proxy(request()).value();
  EXPECT_TRUE(manager().release_proxy(lease));
  EXPECT_FALSE(manager().release_proxy(lease));
  EXPECT_EQ(storage().get_lease(lease.id)->end_reason, EndReason::consumer);
}

TEST_P(Manager, RenewProlongsUntilDue) {
  save(1);
  const Lease lease = manager().acquire_proxy(request(10s)).value();
  clock.advance(9s);
  EXPECT_EQ(manager().renew(lease, 10s)->expires_at, kStart + 19s);
  EXPECT_THROW(manager().renew(lease, 0s), InvalidLeaseError);
  clock.advance(10s);
  EXPECT_FALSE(manager().renew(lease, 10s));
}

TEST_P(Manager, CleanupCountsExpiredLeases) {
  save(1);
  for (int i = 0; i < 3; ++i) manager().acquire_proxy(request(10s));
  manager().acquire_proxy(request(20s));
  clock.advance(10s);
  EXPECT_EQ(manager().cleanup_expired_leases(), 3u);
}

TEST_P(Manager, ManagersOfOneStoreShareIt) {
  save_exclusive(1);
  ProxyManager other(storage());
  const Lease lease = other.acquire_proxy(request()).value();
  EXPECT_FALSE(manager().acquire_proxy(request()));
  EXPECT_TRUE(manager().release_proxy(lease));
  EXPECT_EQ(&manager().storage(), &storage());
}

class Bootstrap : public ContractTest {};
PHAROX_FOR_EVERY_BACKEND(Bootstrap);

TEST_P(Bootstrap, ConsumerIsCreatedOnce) {
  const Consumer consumer = bootstrap_consumer(storage(), "crawler");
  EXPECT_EQ(consumer.name, "crawler");
  EXPECT_EQ(consumer.id, storage().ensure_consumer("crawler"));
  EXPECT_EQ(bootstrap_consumer(storage(), "crawler"), consumer);
}

TEST_P(Bootstrap, PoolIsCreatedOnceAndKeepsItsDescription) {
  const ProxyPool created = bootstrap_pool(storage(), "fresh", "first words");
  EXPECT_EQ(created.name, "fresh");
  EXPECT_EQ(created.description, "first words");
  EXPECT_EQ(storage().get_pool("fresh"), created);
  EXPECT_EQ(bootstrap_pool(storage(), "fresh", "other words"), created);
  EXPECT_EQ(bootstrap_pool(storage(), kPool), pool);
}

TEST_P(Bootstrap, ProxyIsSavedIntoThePoolOfTheName) {
  Proxy proxy = proxy_of(1, {});
  const Proxy saved = bootstrap_proxy(storage(), "fresh", proxy);
  proxy.pool_id = storage().get_pool("fresh").id;
  EXPECT_EQ(saved, proxy);
  EXPECT_EQ(storage().get_proxy(proxy.id), proxy);
  EXPECT_EQ(bootstrap_proxy(storage(), "fresh", proxy), proxy);
  EXPECT_EQ(storage().list_proxies("fresh").size(), 1u);
}

}  // namespace
}  // namespace pharox::tests
