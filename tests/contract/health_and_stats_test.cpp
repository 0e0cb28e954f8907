// Contract, section 3: health check results and pool statistics.
#include "tests/contract/contract_test.h"

namespace pharox::tests {
namespace {

class Health : public ContractTest {};
PHAROX_FOR_EVERY_BACKEND(Health);

TEST_P(Health, ResultSetsStatusAndTimeAndReturnsTheProxy) {
  Proxy proxy = save(1, [](Proxy& p) { p.status = ProxyStatus::inactive; });
  const auto result = health_of(proxy.id, ProxyStatus::active, kStart + 5s);
  proxy.status = ProxyStatus::active;
  proxy.checked_at = kStart + 5s;
  EXPECT_EQ(storage().apply_health_check_result(result), proxy);
  EXPECT_TRUE(acquire());
  reopen();
  proxy.current_leases = 1;
  EXPECT_EQ(storage().get_proxy(proxy.id), proxy);
}

TEST_P(Health, ResultOfAnUnknownProxyIsNone) {
  EXPECT_FALSE(
      storage().apply_health_check_result(health_of(id_of(404), ProxyStatus::active, kStart)));
  EXPECT_FALSE(storage().get_last_health_result(id_of(404)));
}

TEST_P(Health, LastResultIsKeptWhole) {
  save(1);
  EXPECT_FALSE(storage().get_last_health_result(id_of(1)));
  HealthCheckResult result = health_of(id_of(1), ProxyStatus::slow, kStart + kMicrosecond);
  result.protocol = ProxyProtocol::socks4;
  result.attempts = 3;
  result.status_code = 503;
  result.error_message = "zu langsam";
  storage().apply_health_check_result(health_of(id_of(1), ProxyStatus::active, kStart));
  storage().apply_health_check_result(result);
  EXPECT_EQ(storage().get_last_health_result(id_of(1)), result);
  reopen();
  EXPECT_EQ(storage().get_last_health_result(id_of(1)), result);
}

TEST_P(Health, AbsentFieldsOfAResultStayAbsent) {
  save(1);
  const auto result = health_of(id_of(1), ProxyStatus::banned, kStart);
  storage().apply_health_check_result(result);
  reopen();
  EXPECT_EQ(storage().get_last_health_result(id_of(1)), result);
}

TEST_P(Health, ResultTakesAProxyOutOfTheChoiceButKeepsItsLeases) {
  save(1);
  const Lease lease = acquire().value();
  storage().apply_health_check_result(health_of(id_of(1), ProxyStatus::banned, kStart));
  EXPECT_FALSE(acquire());
  EXPECT_EQ(stats().total_leases, 1u);
  EXPECT_TRUE(storage().release_lease(lease));
}

TEST_P(Health, ReplacingAProxyKeepsItsLastResult) {
  save(1);
  const auto result = health_of(id_of(1), ProxyStatus::slow, kStart);
  storage().apply_health_check_result(result);
  save(1);
  EXPECT_EQ(storage().get_last_health_result(id_of(1)), result);
}

TEST_P(Health, DeletedProxyTakesItsLastResultAlong) {
  save(1);
  storage().apply_health_check_result(health_of(id_of(1), ProxyStatus::slow, kStart));
  storage().delete_proxy(id_of(1));
  EXPECT_FALSE(storage().get_last_health_result(id_of(1)));
  save(1);
  reopen();
  EXPECT_FALSE(storage().get_last_health_result(id_of(1)));
}

class Stats : public ContractTest {
 protected:
  void expect(std::uint64_t total, std::uint64_t active, std::uint64_t available,
              std::uint64_t leased, std::uint64_t leases) {
    const PoolStatsSnapshot expected{.pool_name = std::string(kPool),
                                     .total_proxies = total,
                                     .active_proxies = active,
                                     .available_proxies = available,
                                     .leased_proxies = leased,
                                     .total_leases = leases,
                                     .collected_at = clock.now().wall};
    EXPECT_EQ(stats(), expected) << stats().total_proxies << ' ' << stats().active_proxies << ' '
                                 << stats().available_proxies << ' ' << stats().leased_proxies
                                 << ' ' << stats().total_leases;
  }
};
PHAROX_FOR_EVERY_BACKEND(Stats);

TEST_P(Stats, UnknownPoolHasNone) { EXPECT_FALSE(storage().get_pool_stats("elsewhere")); }

TEST_P(Stats, EmptyPoolCountsNothing) { expect(0, 0, 0, 0, 0); }

TEST_P(Stats, EachNumberCountsWhatItSays) {
  save_exclusive(1);
  save(2);
  save(3, [](Proxy& proxy) { proxy.status = ProxyStatus::slow; });
  save(4, [](Proxy& proxy) { proxy.max_concurrency = 2; });
  expect(4, 3, 3, 0, 0);
  storage().create_lease(id_of(1), kWorker, kLeaseTime);
  expect(4, 3, 2, 1, 1);
  storage().create_lease(id_of(2), kWorker, kLeaseTime);
  storage().create_lease(id_of(2), kWorker, kLeaseTime);
  expect(4, 3, 2, 2, 3);
  storage().create_lease(id_of(3), kWorker, kLeaseTime);  // leased, but not active
  expect(4, 3, 2, 3, 4);
  storage().create_lease(id_of(4), kWorker, kLeaseTime);
  expect(4, 3, 2, 4, 5);
  storage().create_lease(id_of(4), kWorker, kLeaseTime);
  expect(4, 3, 1, 4, 6);
  reopen();
  expect(4, 3, 1, 4, 6);
}

TEST_P(Stats, EveryWayOutOfALeaseIsCounted) {
  save_exclusive(1);
  save_exclusive(2);
  save_exclusive(3);
  const Lease released = storage().create_lease(id_of(1), kWorker, 1h);
  storage().create_lease(id_of(2), kWorker, 10s);
  storage().create_lease(id_of(3), kWorker, 1h);
  expect(3, 3, 0, 3, 3);
  storage().release_lease(released);
  expect(3, 3, 1, 2, 2);
  clock.advance(10s);
  storage().cleanup_expired_leases();
  expect(3, 3, 2, 1, 1);
  storage().delete_proxy(id_of(3));
  expect(2, 2, 2, 0, 0);
}

TEST_P(Stats, StatusAndLimitMoveTheCounts) {
  save(1);
  ASSERT_TRUE(acquire());
  save_exclusive(1);
  expect(1, 1, 0, 1, 1);
  storage().apply_health_check_result(health_of(id_of(1), ProxyStatus::inactive, kStart));
  expect(1, 0, 0, 1, 1);
  save(1);
  expect(1, 1, 1, 1, 1);
}

TEST_P(Stats, AskingReclaimsNothing) {
  save_exclusive(1);
  ASSERT_TRUE(acquire_for(10s));
  clock.advance(1h);
  expect(1, 1, 0, 1, 1);
}

}  // namespace
}  // namespace pharox::tests
