// Contract, sections 3 and 4 of the design: when a lease is over. Late is safe, early is a bug.
#include "tests/contract/contract_test.h"

namespace pharox::tests {
namespace {

class Expiry : public ContractTest {};
PHAROX_FOR_EVERY_BACKEND(Expiry);

TEST_P(Expiry, LeaseIsDueAtItsEndAndNotAMicrosecondBefore) {
  save_exclusive(1);
  const Lease lease = acquire_for(10s).value();
  clock.advance(10s - kMicrosecond);
  EXPECT_EQ(storage().cleanup_expired_leases(), 0u);
  EXPECT_FALSE(acquire());
  clock.advance(kMicrosecond);
  EXPECT_EQ(clock.now().wall, lease.expires_at);
  EXPECT_EQ(storage().cleanup_expired_leases(), 1u);
  EXPECT_EQ(storage().get_lease(lease.id)->end_reason, EndReason::expired);
}

TEST_P(Expiry, ShortestLeaseLastsOneMicrosecond) {
  save_exclusive(1);
  ASSERT_TRUE(acquire_for(kMicrosecond));
  EXPECT_FALSE(acquire_for(kMicrosecond));
  clock.advance(kMicrosecond);
  EXPECT_TRUE(acquire_for(kMicrosecond));
}

TEST_P(Expiry, EveryDurationEndsToTheMicrosecond) {
  // Around the powers of the wheel's steps, where a rounding would show.
  for (int shift = 0; shift < 40; ++shift) {
    for (const int offset : {-1, 0, 1}) {
      const Duration duration{(std::int64_t{1} << shift) + offset};
      if (duration <= Duration{0}) continue;
      SCOPED_TRACE(duration.count());
      save_exclusive(1);
      ASSERT_TRUE(acquire_for(duration));
      clock.advance(duration - kMicrosecond);
      EXPECT_EQ(storage().cleanup_expired_leases(), 0u);
      clock.advance(kMicrosecond);
      EXPECT_EQ(storage().cleanup_expired_leases(), 1u);
    }
  }
}

TEST_P(Expiry, AcquireReclaimsBeforeItChooses) {
  save_exclusive(1);
  const Lease first = acquire_for(10s).value();
  clock.advance(10s);
  const std::optional<Lease> second = acquire_for(10s);
  ASSERT_TRUE(second);
  EXPECT_GT(second->token, first.token);
  EXPECT_EQ(storage().get_lease(first.id)->end_reason, EndReason::expired);
}

TEST_P(Expiry, FindReclaimsBeforeItChooses) {
  save_exclusive(1);
  ASSERT_TRUE(acquire_for(10s));
  clock.advance(10s - kMicrosecond);
  EXPECT_FALSE(find());
  clock.advance(kMicrosecond);
  EXPECT_TRUE(find());
}

TEST_P(Expiry, CreateLeaseIsNotRefusedAProxyWhoseLeaseIsOver) {
  save_exclusive(1);
  ASSERT_TRUE(acquire_for(10s));
  clock.advance(10s);
  EXPECT_NO_THROW(storage().create_lease(id_of(1), kWorker, kLeaseTime));
}

TEST_P(Expiry, CleanupCountsWhatIsDueAndLeavesTheRest) {
  save(1);
  for (int i = 1; i <= 10; ++i) ASSERT_TRUE(acquire_for(i * 1s));
  clock.advance(6s);
  EXPECT_EQ(storage().cleanup_expired_leases(), 6u);
  EXPECT_EQ(storage().cleanup_expired_leases(), 0u);
  EXPECT_EQ(storage().list_leases(kWorker, LeaseStatus::active).size(), 4u);
}

TEST_P(Expiry, MassExpiryIsCleanedUpWhole) {
  save(1);
  for (int i = 0; i < 3000; ++i) ASSERT_TRUE(acquire_for(10s));
  clock.advance(1h);
  EXPECT_EQ(storage().cleanup_expired_leases(), 3000u);
  EXPECT_EQ(stats().total_leases, 0u);
}

TEST_P(Expiry, MassExpiryRefusesNobodyTheProxyThatIsFree) {
  // The free one is the last of many due leases: reclaiming in batches must go on until it shows.
  constexpr int kProxies = 3000;
  std::vector<Proxy> proxies;
  for (int i = 1; i <= kProxies; ++i) {
    proxies.push_back(proxy_of(i, pool.id));
    proxies.back().max_concurrency = 1;
    if (i == kProxies) proxies.back().country = "DE";
  }
  storage().add_proxies_bulk(proxies);
  for (int i = 1; i <= kProxies; ++i) {
    storage().create_lease(id_of(i), kWorker, 10s + i * kMicrosecond);
  }
  clock.advance(1h);
  EXPECT_TRUE(acquire(ProxyFilters{.country = "DE"}));
}

TEST_P(Expiry, ReleaseBeforeReclaimingCountsAsTheConsumers) {
  save(1);
  const Lease lease = acquire_for(10s).value();
  clock.advance(20s);
  EXPECT_TRUE(storage().release_lease(lease));
  EXPECT_EQ(storage().get_lease(lease.id)->end_reason, EndReason::consumer);
  EXPECT_EQ(storage().cleanup_expired_leases(), 0u);
}

TEST_P(Expiry, ReleaseAfterReclaimingIsFalse) {
  save(1);
  const Lease lease = acquire_for(10s).value();
  clock.advance(10s);
  ASSERT_EQ(storage().cleanup_expired_leases(), 1u);
  const Contents before = contents();
  EXPECT_FALSE(storage().release_lease(lease));
  EXPECT_EQ(contents(), before);
}

TEST_P(Expiry, RenewOfADueLeaseIsNone) {
  save(1);
  const Lease lease = acquire_for(10s).value();
  clock.advance(10s - kMicrosecond);
  EXPECT_TRUE(storage().renew_lease(lease, 5s));
  clock.advance(5s);
  EXPECT_FALSE(storage().renew_lease(lease, 5s));
  EXPECT_EQ(storage().cleanup_expired_leases(), 1u);
}

TEST_P(Expiry, SettingTheWallClockForwardExpiresNothing) {
  save_exclusive(1);
  ASSERT_TRUE(acquire_for(10s));
  clock.set_wall(kStart + 24h);
  EXPECT_EQ(storage().cleanup_expired_leases(), 0u);
  EXPECT_FALSE(acquire());
  clock.advance(10s);
  EXPECT_TRUE(acquire());
}

TEST_P(Expiry, SettingTheWallClockBackProlongsNothing) {
  save_exclusive(1);
  ASSERT_TRUE(acquire_for(10s));
  clock.set_wall(kStart - 24h);
  clock.advance(10s - kMicrosecond);
  EXPECT_FALSE(acquire());
  clock.advance(kMicrosecond);
  EXPECT_TRUE(acquire());
}

TEST_P(Expiry, WallClockSetBetweenRunsOfOneBootChangesNoDeadline) {
  save_exclusive(1);
  ASSERT_TRUE(acquire_for(10s));
  clock.set_wall(kStart + 24h);
  reopen();
  EXPECT_FALSE(acquire());
  clock.set_wall(kStart - 24h);
  reopen();
  clock.advance(10s - kMicrosecond);
  EXPECT_FALSE(acquire());
  clock.advance(kMicrosecond);
  EXPECT_TRUE(acquire());
}

TEST_P(Expiry, LeaseRenewedAfterTheWallClockWasSetBackSurvivesReopening) {
  // Its row then says that it ends before it began; the boot clock knows better.
  save_exclusive(1);
  const Lease lease = acquire_for(10s).value();
  clock.set_wall(kStart - 24h);
  const std::optional<Lease> renewed = storage().renew_lease(lease, 10s);
  ASSERT_TRUE(renewed);
  reopen();
  EXPECT_EQ(storage().get_lease(lease.id), renewed);
  EXPECT_TRUE(storage().release_lease(lease));
  reopen();
  EXPECT_EQ(storage().get_lease(lease.id)->end_reason, EndReason::consumer);
}

TEST_P(Expiry, DueLeaseIsReclaimedAfterReopening) {
  save_exclusive(1);
  const Lease lease = acquire_for(10s).value();
  clock.advance(10s);
  reopen();
  EXPECT_EQ(storage().cleanup_expired_leases(), 1u);
  EXPECT_EQ(storage().get_lease(lease.id)->end_reason, EndReason::expired);
}

TEST_P(Expiry, ExpiredLeaseStaysEndedAfterReopening) {
  save(1);
  const Lease lease = acquire_for(10s).value();
  clock.advance(10s);
  ASSERT_EQ(storage().cleanup_expired_leases(), 1u);
  const std::optional<Lease> ended = storage().get_lease(lease.id);
  reopen();
  EXPECT_EQ(storage().get_lease(lease.id), ended);
  EXPECT_EQ(storage().cleanup_expired_leases(), 0u);
}

// What a restart of the machine does concerns only stores that outlive it.
class Reboot : public ContractTest {};
INSTANTIATE_TEST_SUITE_P(Over, Reboot, testing::Values(Backend::rocksdb), backend_name);

TEST_P(Reboot, TimeOffCountsAsTimeOfTheLease) {
  save_exclusive(1);
  ASSERT_TRUE(acquire_for(10min));
  reboot(4min);
  clock.advance(6min - kMicrosecond);
  EXPECT_FALSE(acquire());
  clock.advance(kMicrosecond);
  EXPECT_TRUE(acquire());
}

TEST_P(Reboot, LeaseThatEndedMeanwhileIsDueAtOnce) {
  save_exclusive(1);
  ASSERT_TRUE(acquire_for(10min));
  reboot(10min);
  EXPECT_TRUE(acquire());
}

TEST_P(Reboot, WallClockThatCameBackEarlierProlongsByNoMoreThanTheDuration) {
  save_exclusive(1);
  ASSERT_TRUE(acquire_for(10min));
  clock.set_wall(kStart - 24h);
  reboot(1min);
  clock.advance(10min - kMicrosecond);
  EXPECT_FALSE(acquire());
  clock.advance(kMicrosecond);
  EXPECT_TRUE(acquire());
}

TEST_P(Reboot, WallClockThatCameBackLaterEndsTheLease) {
  save_exclusive(1);
  ASSERT_TRUE(acquire_for(10min));
  clock.set_wall(kStart + 24h);
  reboot(1min);
  EXPECT_TRUE(acquire());
}

TEST_P(Reboot, WallClockSetAfterTheRestartChangesNoDeadlineOfBefore) {
  save_exclusive(1);
  ASSERT_TRUE(acquire_for(10min));
  reboot(4min);
  clock.set_wall(kStart + 24h);
  reopen();
  clock.set_wall(kStart - 24h);
  reopen();
  clock.advance(6min - kMicrosecond);
  EXPECT_FALSE(acquire());
  clock.advance(kMicrosecond);
  EXPECT_TRUE(acquire());
}

TEST_P(Reboot, NewIdsSortBehindThoseOfEndedLeasesThoughTheWallClockWasSetBack) {
  save(1);
  const Lease ended = acquire_for(1min).value();
  ASSERT_TRUE(storage().release_lease(ended));
  clock.set_wall(kStart - 24h);
  reopen();
  EXPECT_GT(acquire_for(1min).value().id, ended.id);
}

TEST_P(Reboot, RenewalDecidesAfterTheRestart) {
  save_exclusive(1);
  const Lease lease = acquire_for(1min).value();
  ASSERT_TRUE(storage().renew_lease(lease, 10min));
  reboot(9min);
  EXPECT_FALSE(acquire());
  clock.advance(1min);
  EXPECT_TRUE(acquire());
}

}  // namespace
}  // namespace pharox::tests
