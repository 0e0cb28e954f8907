// Contract, section 3, first half: consumers, and the life of a lease but for its expiry.
#include "tests/contract/contract_test.h"

namespace pharox::tests {
namespace {

class Leasing : public ContractTest {};
PHAROX_FOR_EVERY_BACKEND(Leasing);

TEST_P(Leasing, EnsureConsumerCreatesOnceAndThenFinds) {
  const Uuid id = storage().ensure_consumer("crawler");
  EXPECT_FALSE(id.is_nil());
  EXPECT_EQ(storage().ensure_consumer("crawler"), id);
  reopen();
  EXPECT_EQ(storage().ensure_consumer("crawler"), id);
  EXPECT_NE(storage().ensure_consumer("other"), id);
  EXPECT_EQ(storage().list_consumers().size(), 3u);
}

TEST_P(Leasing, FindLeasesNothing) {
  const Proxy proxy = save_exclusive(1);
  EXPECT_EQ(find(), proxy);
  EXPECT_EQ(find(), proxy);
  EXPECT_EQ(stats().total_leases, 0u);
}

TEST_P(Leasing, FindInAnUnknownPoolFindsNone) {
  save(1);
  EXPECT_FALSE(storage().find_available_proxy("elsewhere", {}, SelectorStrategy::least_used));
}

TEST_P(Leasing, CreateLeaseTakesTheProxyAskedFor) {
  save(1);
  save(2);
  const Lease lease = storage().create_lease(id_of(1), kWorker, kLeaseTime);
  EXPECT_EQ(lease.proxy_id, id_of(1));
  EXPECT_EQ(lease.pool_name, kPool);
  EXPECT_EQ(lease.expires_at, kStart + kLeaseTime);
  EXPECT_EQ(storage().get_proxy(id_of(1)).current_leases, 1u);
}

TEST_P(Leasing, CreateLeaseDoesNotAskForTheStatus) {
  for (const auto status : {ProxyStatus::inactive, ProxyStatus::slow, ProxyStatus::banned}) {
    save(1, [&](Proxy& proxy) { proxy.status = status; });
    EXPECT_EQ(storage().create_lease(id_of(1), kWorker, kLeaseTime).status, LeaseStatus::active);
  }
}

TEST_P(Leasing, CreateLeaseAtTheLimitIsUnavailable) {
  save(1, [](Proxy& proxy) { proxy.max_concurrency = 2; });
  const Lease first = storage().create_lease(id_of(1), kWorker, kLeaseTime);
  storage().create_lease(id_of(1), kWorker, kLeaseTime);
  const Contents before = contents();
  EXPECT_THROW(storage().create_lease(id_of(1), kWorker, kLeaseTime), ProxyUnavailableError);
  EXPECT_EQ(contents(), before);
  storage().release_lease(first);
  EXPECT_NO_THROW(storage().create_lease(id_of(1), kWorker, kLeaseTime));
}

TEST_P(Leasing, CreateLeaseNamesWhatIsUnknown) {
  save(1);
  const Contents before = contents();
  EXPECT_THROW(storage().create_lease(id_of(2), kWorker, kLeaseTime), ProxyNotFoundError);
  EXPECT_THROW(storage().create_lease(id_of(1), "nobody", kLeaseTime), ConsumerNotFoundError);
  EXPECT_EQ(contents(), before);
}

TEST_P(Leasing, LeasesEndAfterTheyBeginAndBeforeYear10000) {
  save(1);
  const Lease lease = acquire().value();
  const Contents before = contents();
  for (const Duration wrong : {Duration{0}, Duration{-1}, Duration::min(), Duration::max()}) {
    EXPECT_THROW(storage().create_lease(id_of(1), kWorker, wrong), InvalidLeaseError);
    EXPECT_THROW(acquire_for(wrong), InvalidLeaseError);
    EXPECT_THROW(storage().renew_lease(lease, wrong), InvalidLeaseError);
  }
  EXPECT_EQ(contents(), before);
}

TEST_P(Leasing, AcquireChoosesAndLeases) {
  save_exclusive(1);
  const std::optional<Lease> lease = acquire();
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->proxy_id, id_of(1));
  EXPECT_EQ(storage().get_lease(lease->id), lease);
  EXPECT_EQ(storage().get_proxy(id_of(1)).current_leases, 1u);
}

TEST_P(Leasing, AcquireOfAnExclusiveProxyMissesUntilItIsReleased) {
  save_exclusive(1);
  const Lease lease = acquire().value();
  EXPECT_FALSE(acquire());
  reopen();
  EXPECT_FALSE(acquire());
  storage().release_lease(lease);
  EXPECT_TRUE(acquire());
}

TEST_P(Leasing, UnlimitedProxyIsLeasedAgainAndAgain) {
  save(1);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(acquire());
  EXPECT_EQ(storage().get_proxy(id_of(1)).current_leases, 100u);
}

TEST_P(Leasing, AcquireFindsNoneWhereNothingMatches) {
  EXPECT_FALSE(acquire());  // an empty pool
  save(1);
  EXPECT_FALSE(acquire(ProxyFilters{.country = "FR"}));
  EXPECT_FALSE(
      storage().acquire("elsewhere", kWorker, kLeaseTime, {}, SelectorStrategy::first_available));
}

TEST_P(Leasing, AcquireTakesOnlyActiveProxiesOfItsPool) {
  const ProxyPool other = pool_of(2'000'000, "other");
  storage().save_pool(other);
  storage().save_proxy(proxy_of(1, other.id));
  for (const auto status : {ProxyStatus::inactive, ProxyStatus::slow, ProxyStatus::banned}) {
    save(2, [&](Proxy& proxy) { proxy.status = status; });
    EXPECT_FALSE(acquire());
  }
}

TEST_P(Leasing, AcquireForAnUnknownConsumerThrowsWhetherOrNotAProxyIsFree) {
  const auto acquire_for_nobody = [&] {
    storage().acquire(kPool, "nobody", kLeaseTime, {}, SelectorStrategy::round_robin);
  };
  EXPECT_THROW(acquire_for_nobody(), ConsumerNotFoundError);
  save(1);
  save(2);
  EXPECT_THROW(acquire_for_nobody(), ConsumerNotFoundError);
  EXPECT_EQ(stats().total_leases, 0u);
}

TEST_P(Leasing, RefusedAcquireDoesNotMoveTheCursor) {
  save(1);
  save(2);
  EXPECT_THROW(storage().acquire(kPool, "nobody", kLeaseTime, {}, SelectorStrategy::round_robin),
               ConsumerNotFoundError);
  EXPECT_EQ(acquire(SelectorStrategy::round_robin)->proxy_id, id_of(1));
}

TEST_P(Leasing, ReleaseEndsTheLeaseOnce) {
  save_exclusive(1);
  const Lease lease = acquire().value();
  clock.advance(7s);
  EXPECT_TRUE(storage().release_lease(lease));
  Lease ended = lease;
  ended.status = LeaseStatus::released;
  ended.released_at = kStart + 7s;
  ended.end_reason = EndReason::consumer;
  EXPECT_EQ(storage().get_lease(lease.id), ended);
  EXPECT_EQ(storage().get_proxy(id_of(1)).current_leases, 0u);
  reopen();
  EXPECT_EQ(storage().get_lease(lease.id), ended);
  EXPECT_EQ(storage().get_proxy(id_of(1)).current_leases, 0u);
}

TEST_P(Leasing, SecondReleaseIsIgnored) {
  save(1);
  const Lease lease = acquire().value();
  ASSERT_TRUE(storage().release_lease(lease));
  ASSERT_TRUE(acquire());
  const Contents before = contents();
  EXPECT_FALSE(storage().release_lease(lease));
  EXPECT_FALSE(storage().end_lease(lease));
  EXPECT_EQ(contents(), before);
  reopen();
  EXPECT_FALSE(storage().release_lease(lease));
}

TEST_P(Leasing, ReleaseOfAnUnknownLeaseIsFalse) {
  Lease unknown;
  unknown.id = id_of(5);
  EXPECT_FALSE(storage().release_lease(unknown));
  EXPECT_FALSE(storage().end_lease(unknown));
  EXPECT_FALSE(storage().renew_lease(unknown, kLeaseTime));
  EXPECT_FALSE(storage().get_lease(unknown.id));
}

TEST_P(Leasing, ReleaseGoesByTheIdAlone) {
  save_exclusive(1);
  const Lease lease = acquire().value();
  Lease only_id;
  only_id.id = lease.id;
  EXPECT_TRUE(storage().release_lease(only_id));
  EXPECT_TRUE(acquire());
}

TEST_P(Leasing, EndLeaseReturnsTheLeaseAsItEnded) {
  save(1);
  const Lease lease = acquire().value();
  clock.advance(3s);
  const std::optional<Lease> ended = storage().end_lease(lease);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->end_reason, EndReason::consumer);
  EXPECT_EQ(ended->released_at, kStart + 3s);
  EXPECT_EQ(storage().get_lease(lease.id), ended);
}

TEST_P(Leasing, RenewMovesTheEndAndNothingElse) {
  save(1);
  const Lease lease = acquire_for(60s).value();
  clock.advance(30s);
  Lease renewed = lease;
  renewed.expires_at = kStart + 30s + 90s;
  EXPECT_EQ(storage().renew_lease(lease, 90s), renewed);
  reopen();
  EXPECT_EQ(storage().get_lease(lease.id), renewed);
  clock.advance(60s);  // the old end has passed
  EXPECT_EQ(storage().cleanup_expired_leases(), 0u);
  clock.advance(30s);
  EXPECT_EQ(storage().cleanup_expired_leases(), 1u);
}

TEST_P(Leasing, RenewMayShorten) {
  save(1);
  const Lease lease = acquire_for(1h).value();
  EXPECT_EQ(storage().renew_lease(lease, 1s)->expires_at, kStart + 1s);
  clock.advance(1s);
  EXPECT_EQ(storage().cleanup_expired_leases(), 1u);
}

TEST_P(Leasing, RenewOfAnEndedLeaseIsNone) {
  save(1);
  const Lease lease = acquire().value();
  storage().release_lease(lease);
  const Contents before = contents();
  EXPECT_FALSE(storage().renew_lease(lease, kLeaseTime));
  EXPECT_EQ(contents(), before);
}

TEST_P(Leasing, ReplacingAProxyKeepsItsLeases) {
  save(1);
  const Lease lease = acquire().value();
  save(1, [](Proxy& proxy) { proxy.country = "DE"; });
  EXPECT_EQ(storage().get_proxy(id_of(1)).current_leases, 1u);
  EXPECT_EQ(storage().get_proxy(id_of(1)).country, "DE");
  EXPECT_EQ(storage().get_lease(lease.id), lease);
  EXPECT_TRUE(storage().release_lease(lease));
}

TEST_P(Leasing, LoweredLimitStopsNewLeasesUntilItDrains) {
  save(1);
  std::vector<Lease> leases;
  for (int i = 0; i < 4; ++i) leases.push_back(acquire().value());
  save(1, [](Proxy& proxy) { proxy.max_concurrency = 2; });
  EXPECT_EQ(stats().total_leases, 4u);
  EXPECT_FALSE(acquire());
  storage().release_lease(leases[0]);
  storage().release_lease(leases[1]);
  EXPECT_FALSE(acquire());
  reopen();
  EXPECT_FALSE(acquire());
  storage().release_lease(leases[2]);
  EXPECT_TRUE(acquire());
  EXPECT_FALSE(acquire());
}

TEST_P(Leasing, RaisedLimitAllowsMoreAtOnce) {
  save_exclusive(1);
  ASSERT_TRUE(acquire());
  ASSERT_FALSE(acquire());
  save(1, [](Proxy& proxy) { proxy.max_concurrency = 2; });
  EXPECT_TRUE(acquire());
  EXPECT_FALSE(acquire());
}

TEST_P(Leasing, ReturnedRecordsAreCopies) {
  save(1);
  Proxy copy = storage().get_proxy(id_of(1));
  copy.host = "changed.example";
  EXPECT_EQ(storage().get_proxy(id_of(1)).host, "192.0.2.2");
}

}  // namespace
}  // namespace pharox::tests
