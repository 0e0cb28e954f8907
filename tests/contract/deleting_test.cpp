// Contract, section 3: delete_proxy and delete_pool.
#include "tests/contract/contract_test.h"

namespace pharox::tests {
namespace {

class Deleting : public ContractTest {};
PHAROX_FOR_EVERY_BACKEND(Deleting);

TEST_P(Deleting, DeletedProxyIsGone) {
  save(1);
  save(2);
  storage().delete_proxy(id_of(1));
  reopen();
  EXPECT_FALSE(storage().get_proxy_by_id(id_of(1)));
  EXPECT_EQ(stats().total_proxies, 1u);
  EXPECT_EQ(matching({}), std::vector{id_of(2)});
  EXPECT_THROW(storage().create_lease(id_of(1), kWorker, kLeaseTime), ProxyNotFoundError);
}

TEST_P(Deleting, DeletedProxyEndsItsLeases) {
  save(1);
  save(2, [](Proxy& proxy) { proxy.checked_at = kStart - 1h; });
  const Lease first = acquire().value();
  const Lease second = acquire().value();
  const Lease other = storage().create_lease(id_of(2), kWorker, kLeaseTime);
  clock.advance(3s);
  storage().delete_proxy(id_of(1));
  reopen();
  for (const Lease& lease : {first, second}) {
    Lease ended = lease;
    ended.status = LeaseStatus::released;
    ended.released_at = kStart + 3s;
    ended.end_reason = EndReason::deleted;
    EXPECT_EQ(storage().get_lease(lease.id), ended);
    EXPECT_FALSE(storage().release_lease(lease));
    EXPECT_FALSE(storage().renew_lease(lease, kLeaseTime));
  }
  EXPECT_EQ(storage().get_lease(other.id), other);
  EXPECT_EQ(stats().total_leases, 1u);
  clock.advance(kLeaseTime);
  EXPECT_EQ(storage().cleanup_expired_leases(), 1u);
}

TEST_P(Deleting, DeletedPoolTakesItsProxiesAndEndsTheirLeases) {
  const ProxyPool other = pool_of(2'000'000, "other");
  storage().save_pool(other);
  storage().save_proxy(proxy_of(9, other.id));
  save(1);
  save(2);
  const Lease first = storage().create_lease(id_of(1), kWorker, kLeaseTime);
  const Lease second = storage().create_lease(id_of(2), kWorker, kLeaseTime);
  const Lease elsewhere = storage().create_lease(id_of(9), kWorker, kLeaseTime);
  storage().delete_pool(pool.id);
  reopen();
  EXPECT_THROW(storage().get_pool(kPool), PoolNotFoundError);
  EXPECT_EQ(storage().list_pools(), std::vector{other});
  EXPECT_FALSE(storage().get_proxy_by_id(id_of(1)));
  EXPECT_FALSE(storage().get_proxy_by_id(id_of(2)));
  EXPECT_EQ(storage().get_lease(first.id)->end_reason, EndReason::deleted);
  EXPECT_EQ(storage().get_lease(second.id)->end_reason, EndReason::deleted);
  EXPECT_EQ(storage().get_lease(elsewhere.id), elsewhere);
  EXPECT_FALSE(storage().get_pool_stats(kPool));
  EXPECT_FALSE(acquire());
}

TEST_P(Deleting, UnknownIdsAreErrorsThatChangeNothing) {
  save(1);
  const Contents before = contents();
  EXPECT_THROW(storage().delete_proxy(id_of(404)), ProxyNotFoundError);
  EXPECT_THROW(storage().delete_pool(id_of(404)), PoolNotFoundError);
  EXPECT_EQ(contents(), before);
}

TEST_P(Deleting, SecondDeletionIsAnError) {
  save(1);
  storage().delete_proxy(id_of(1));
  EXPECT_THROW(storage().delete_proxy(id_of(1)), ProxyNotFoundError);
  storage().delete_pool(pool.id);
  EXPECT_THROW(storage().delete_pool(pool.id), PoolNotFoundError);
}

TEST_P(Deleting, ProxySavedAgainStartsWithoutLeases) {
  save_exclusive(1);
  const Lease lease = acquire().value();
  storage().delete_proxy(id_of(1));
  save_exclusive(1);
  EXPECT_EQ(storage().get_proxy(id_of(1)).current_leases, 0u);
  EXPECT_TRUE(acquire());
  EXPECT_FALSE(storage().release_lease(lease));
  EXPECT_EQ(storage().get_proxy(id_of(1)).current_leases, 1u);
}

TEST_P(Deleting, PoolSavedAgainStartsEmptyAndWithANewCursor) {
  save(1);
  save(2);
  ASSERT_EQ(acquire(SelectorStrategy::round_robin)->proxy_id, id_of(1));
  storage().delete_pool(pool.id);
  storage().save_pool(pool);
  EXPECT_EQ(stats().total_proxies, 0u);
  save(1);
  save(2);
  reopen();
  EXPECT_EQ(acquire(SelectorStrategy::round_robin)->proxy_id, id_of(1));
}

TEST_P(Deleting, NameOfADeletedPoolIsFree) {
  storage().delete_pool(pool.id);
  const ProxyPool again = pool_of(2'000'000, std::string(kPool));
  EXPECT_NO_THROW(storage().save_pool(again));
  EXPECT_EQ(storage().get_pool(kPool), again);
}

}  // namespace
}  // namespace pharox::tests
