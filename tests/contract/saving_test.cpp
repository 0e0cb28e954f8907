// Contract, section 3: save_pool, save_proxy, add_proxies_bulk and the single getters.
#include "tests/contract/contract_test.h"

namespace pharox::tests {
namespace {

class Saving : public ContractTest {};
PHAROX_FOR_EVERY_BACKEND(Saving);

TEST_P(Saving, SavedPoolIsFoundByNameAndById) {
  EXPECT_EQ(storage().get_pool(kPool), pool);
  EXPECT_EQ(storage().get_pool(pool.id), pool);
}

TEST_P(Saving, UnknownPoolAndProxyAreErrorsOrNoneAsTheCallSays) {
  EXPECT_THROW(storage().get_pool("elsewhere"), PoolNotFoundError);
  EXPECT_THROW(storage().get_pool(id_of(404)), PoolNotFoundError);
  EXPECT_THROW(storage().get_proxy(id_of(404)), ProxyNotFoundError);
  EXPECT_FALSE(storage().get_proxy_by_id(id_of(404)));
  EXPECT_FALSE(storage().get_lease(id_of(404)));
}

TEST_P(Saving, PoolIsReplacedById) {
  save(1);
  const ProxyPool renamed{.id = pool.id, .name = "renamed", .description = "now described"};
  storage().save_pool(renamed);
  reopen();
  EXPECT_EQ(storage().get_pool("renamed"), renamed);
  EXPECT_THROW(storage().get_pool(kPool), PoolNotFoundError);
  EXPECT_EQ(storage().list_pools().size(), 1u);
  EXPECT_EQ(storage().list_proxies("renamed").size(), 1u);
  EXPECT_EQ(storage().get_pool_stats("renamed")->pool_name, "renamed");
  EXPECT_FALSE(storage().get_pool_stats(kPool));
}

TEST_P(Saving, RenamedPoolKeepsItsLeasesAndItsCursor) {
  save(1);
  save(2);
  const Lease lease = acquire(SelectorStrategy::round_robin).value();
  storage().save_pool({.id = pool.id, .name = "renamed", .description = {}});
  EXPECT_EQ(storage().get_pool_stats("renamed")->total_leases, 1u);
  EXPECT_EQ(storage().find_available_proxy("renamed", {}, SelectorStrategy::round_robin)->id,
            id_of(2));
  EXPECT_TRUE(storage().release_lease(lease));
}

TEST_P(Saving, NameThatAPoolGaveUpMayBeTakenAgain) {
  storage().save_pool({.id = pool.id, .name = "renamed", .description = {}});
  storage().save_pool(pool_of(2'000'000, std::string(kPool)));
  reopen();
  EXPECT_EQ(storage().get_pool(kPool).id, id_of(2'000'000));
  EXPECT_EQ(storage().get_pool("renamed").id, pool.id);
}

TEST_P(Saving, NameOfAnotherPoolIsRefused) {
  const ProxyPool other = pool_of(2'000'000, "other");
  storage().save_pool(other);
  const Contents before = contents();
  EXPECT_THROW(storage().save_pool(pool_of(3'000'000, std::string(kPool))), DuplicateNameError);
  EXPECT_THROW(storage().save_pool({.id = other.id, .name = std::string(kPool), .description = {}}),
               DuplicateNameError);
  EXPECT_EQ(contents(), before);
}

TEST_P(Saving, SameNameOfTheSamePoolIsNoDuplicate) {
  storage().save_pool({.id = pool.id, .name = pool.name, .description = "described"});
  EXPECT_EQ(storage().get_pool(kPool).description, "described");
}

TEST_P(Saving, ProxyIsReplacedById) {
  save(1);
  const Proxy replaced = save(1, [](Proxy& proxy) {
    proxy.host = "proxy.example";
    proxy.port = 3128;
    proxy.status = ProxyStatus::banned;
  });
  reopen();
  EXPECT_EQ(storage().get_proxy(id_of(1)), replaced);
  EXPECT_EQ(storage().list_proxies(kPool).size(), 1u);
}

TEST_P(Saving, ProxyOfAnUnknownPoolIsRefused) {
  const Contents before = contents();
  EXPECT_THROW(storage().save_proxy(proxy_of(1, id_of(404))), PoolNotFoundError);
  EXPECT_EQ(contents(), before);
}

TEST_P(Saving, ProxyMayMoveToAnotherPool) {
  const ProxyPool other = pool_of(2'000'000, "other");
  storage().save_pool(other);
  save(1);
  const Lease lease = acquire().value();
  storage().save_proxy(proxy_of(1, other.id));
  reopen();
  EXPECT_EQ(stats().total_proxies, 0u);
  EXPECT_EQ(storage().get_pool_stats("other")->total_proxies, 1u);
  EXPECT_EQ(storage().get_proxy(id_of(1)).current_leases, 1u);
  EXPECT_FALSE(acquire());
  EXPECT_TRUE(storage().release_lease(lease));
  EXPECT_EQ(storage().get_proxy(id_of(1)).current_leases, 0u);
}

TEST_P(Saving, BulkInsertsAndReplaces) {
  save(2);
  std::vector<Proxy> proxies;
  for (const int number : {1, 2, 3}) {
    proxies.push_back(proxy_of(number, pool.id));
    proxies.back().country = "DE";
  }
  storage().add_proxies_bulk(proxies);
  reopen();
  EXPECT_EQ(storage().list_proxies(kPool), proxies);
}

TEST_P(Saving, BulkOfNothingDoesNothing) {
  const Contents before = contents();
  storage().add_proxies_bulk({});
  EXPECT_EQ(contents(), before);
}

TEST_P(Saving, BulkMaySpanPools) {
  const ProxyPool other = pool_of(2'000'000, "other");
  storage().save_pool(other);
  storage().add_proxies_bulk(std::vector{proxy_of(1, pool.id), proxy_of(2, other.id)});
  EXPECT_EQ(stats().total_proxies, 1u);
  EXPECT_EQ(storage().get_pool_stats("other")->total_proxies, 1u);
}

TEST_P(Saving, BulkWithAnInvalidProxyChangesNothing) {
  save(1);
  std::vector<Proxy> proxies{proxy_of(1, pool.id), proxy_of(2, pool.id), proxy_of(3, pool.id)};
  proxies[0].country = "DE";
  proxies[2].port = 0;
  const Contents before = contents();
  EXPECT_THROW(storage().add_proxies_bulk(proxies), InvalidArgumentError);
  EXPECT_EQ(contents(), before);
  reopen();
  EXPECT_EQ(contents(), before);
}

TEST_P(Saving, BulkWithAnUnknownPoolChangesNothing) {
  const Contents before = contents();
  EXPECT_THROW(
      storage().add_proxies_bulk(std::vector{proxy_of(1, pool.id), proxy_of(2, id_of(404))}),
      PoolNotFoundError);
  EXPECT_EQ(contents(), before);
}

TEST_P(Saving, OfTwoProxiesWithOneIdInABulkTheLaterWins) {
  std::vector<Proxy> proxies{proxy_of(1, pool.id), proxy_of(1, pool.id)};
  proxies[1].country = "DE";
  storage().add_proxies_bulk(proxies);
  EXPECT_EQ(storage().list_proxies(kPool), std::vector{proxies[1]});
  EXPECT_EQ(stats().total_proxies, 1u);
  EXPECT_EQ(matching({.country = "DE"}).size(), 1u);
}

TEST_P(Saving, BulkKeepsActiveLeases) {
  save(1);
  ASSERT_TRUE(acquire());
  storage().add_proxies_bulk(std::vector{proxy_of(1, pool.id), proxy_of(2, pool.id)});
  EXPECT_EQ(storage().get_proxy(id_of(1)).current_leases, 1u);
}

}  // namespace
}  // namespace pharox::tests
