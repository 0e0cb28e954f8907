// Contract, section 3: lists, whole, by page and by visit; and the history of ended leases.
#include "tests/contract/contract_test.h"

namespace pharox::tests {
namespace {

template <class Record>
std::vector<Uuid> ids_of(const std::vector<Record>& records) {
  std::vector<Uuid> ids;
  for (const Record& record : records) ids.push_back(record.id);
  return ids;
}

class Listing : public ContractTest {
 protected:
  // Ten leases on one proxy: the even ones released, the odd ones active, one in three of "other".
  std::vector<Uuid> ten_leases() {
    save(1);
    storage().ensure_consumer("other");
    std::vector<Uuid> ids;
    for (int i = 0; i < 10; ++i) {
      const Lease lease = storage().create_lease(id_of(1), i % 3 == 0 ? "other" : kWorker, 1h);
      if (i % 2 == 0) storage().release_lease(lease);
      ids.push_back(lease.id);
    }
    return ids;
  }
};
PHAROX_FOR_EVERY_BACKEND(Listing);

TEST_P(Listing, PoolsAndConsumersComeInIdOrder) {
  for (const int number : {5, 3, 9, 1}) {
    storage().save_pool(pool_of(number, "pool " + std::to_string(number)));
    storage().ensure_consumer("consumer " + std::to_string(number));
  }
  reopen();
  EXPECT_EQ(ids_of(storage().list_pools()),
            (std::vector{id_of(1), id_of(3), id_of(5), id_of(9), pool.id}));
  const std::vector<Uuid> consumers = ids_of(storage().list_consumers());
  EXPECT_EQ(consumers.size(), 5u);
  EXPECT_TRUE(std::is_sorted(consumers.begin(), consumers.end()));
}

TEST_P(Listing, ProxiesComeInIdOrderAndOfOnePool) {
  const ProxyPool other = pool_of(2'000'000, "other");
  storage().save_pool(other);
  for (const int number : {5, 3, 9, 1}) save(number);
  storage().save_proxy(proxy_of(4, other.id));
  reopen();
  EXPECT_EQ(ids_of(storage().list_proxies(kPool)),
            (std::vector{id_of(1), id_of(3), id_of(5), id_of(9)}));
  EXPECT_EQ(ids_of(storage().list_proxies("other")), std::vector{id_of(4)});
}

TEST_P(Listing, ProxiesOfAnUnknownPoolAreAnError) {
  EXPECT_THROW(storage().list_proxies("elsewhere"), PoolNotFoundError);
  EXPECT_THROW(storage().list_proxies("elsewhere", Page{.after = {}, .limit = 1}),
               PoolNotFoundError);
  EXPECT_THROW(storage().visit_proxies("elsewhere", [](const Proxy&) { return true; }),
               PoolNotFoundError);
}

TEST_P(Listing, PagesJoinToTheWholeList) {
  for (int number = 1; number <= 10; ++number) save(number);
  for (const std::size_t limit : {1, 3, 5, 10, 11}) {
    std::vector<Proxy> joined;
    Page page{.after = {}, .limit = limit};
    while (true) {
      const std::vector<Proxy> part = storage().list_proxies(kPool, page);
      ASSERT_LE(part.size(), limit);
      if (part.empty()) break;
      joined.insert(joined.end(), part.begin(), part.end());
      page.after = part.back().id;
    }
    EXPECT_EQ(joined, storage().list_proxies(kPool));
  }
}

TEST_P(Listing, PageBeginsAfterAnIdThatNeedNotExist) {
  for (const int number : {1, 3, 5}) save(number);
  EXPECT_EQ(ids_of(storage().list_proxies(kPool, {.after = id_of(2), .limit = 9})),
            (std::vector{id_of(3), id_of(5)}));
  EXPECT_TRUE(storage().list_proxies(kPool, {.after = id_of(5), .limit = 9}).empty());
}

TEST_P(Listing, VisitSeesEachProxyOnceUntilToldToStop) {
  for (int number = 1; number <= 2500; ++number) save(number);  // more than one page
  std::vector<Proxy> seen;
  storage().visit_proxies(kPool, [&](const Proxy& proxy) {
    seen.push_back(proxy);
    return true;
  });
  EXPECT_EQ(seen, storage().list_proxies(kPool));
  int visits = 0;
  storage().visit_proxies(kPool, [&](const Proxy&) { return ++visits < 7; });
  EXPECT_EQ(visits, 7);
}

TEST_P(Listing, VisitorMayCallTheStore) {
  for (int number = 1; number <= 20; ++number) save(number);
  storage().visit_proxies(kPool, [&](const Proxy& proxy) {
    storage().delete_proxy(proxy.id);
    return true;
  });
  EXPECT_TRUE(storage().list_proxies(kPool).empty());
}

TEST_P(Listing, LeasesAreListedByConsumerAndStatus) {
  const std::vector<Uuid> all = ten_leases();
  reopen();
  const auto expected = [&](auto wanted) {
    std::vector<Uuid> ids;
    for (int i = 0; i < 10; ++i) {
      if (wanted(i)) ids.push_back(all[i]);
    }
    return ids;
  };
  EXPECT_EQ(ids_of(storage().list_leases()), all);
  EXPECT_EQ(ids_of(storage().list_leases({}, LeaseStatus::active)),
            expected([](int i) { return i % 2 == 1; }));
  EXPECT_EQ(ids_of(storage().list_leases({}, LeaseStatus::released)),
            expected([](int i) { return i % 2 == 0; }));
  EXPECT_EQ(ids_of(storage().list_leases("other")), expected([](int i) { return i % 3 == 0; }));
  EXPECT_EQ(ids_of(storage().list_leases(kWorker, LeaseStatus::active)),
            expected([](int i) { return i % 3 != 0 && i % 2 == 1; }));
  EXPECT_TRUE(storage().list_leases("nobody").empty());
}

TEST_P(Listing, PagesOfLeasesMixActiveAndEndedInIdOrder) {
  const std::vector<Uuid> all = ten_leases();
  std::vector<Uuid> joined;
  Page page{.after = {}, .limit = 3};
  while (true) {
    const std::vector<Lease> part = storage().list_leases({}, {}, page);
    if (part.empty()) break;
    ASSERT_LE(part.size(), 3u);
    for (const Lease& lease : part) joined.push_back(lease.id);
    page.after = part.back().id;
  }
  EXPECT_EQ(joined, all);
}

TEST_P(Listing, VisitSeesEachLeaseOnceUntilToldToStop) {
  const std::vector<Uuid> all = ten_leases();
  std::vector<Uuid> seen;
  storage().visit_leases({}, {}, [&](const Lease& lease) {
    seen.push_back(lease.id);
    return true;
  });
  EXPECT_EQ(seen, all);
  int visits = 0;
  storage().visit_leases("other", LeaseStatus::released, [&](const Lease&) {
    ++visits;
    return false;
  });
  EXPECT_EQ(visits, 1);
}

// A history short enough to be filled.
class History : public ContractTest {
 protected:
  History() : ContractTest(HistoryLimits{.max_leases = 5, .max_age = 1h}) {}

  Lease ended_lease() {
    const Lease lease = acquire_for(24h).value();
    EXPECT_TRUE(storage().release_lease(lease));
    return lease;
  }
};
PHAROX_FOR_EVERY_BACKEND(History);

TEST_P(History, OldestEndedGoFirstWhenThereAreTooMany) {
  save(1);
  std::vector<Lease> leases;
  for (int i = 0; i < 8; ++i) leases.push_back(ended_lease());
  reopen();
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(storage().get_lease(leases[i].id)) << i;
  for (int i = 3; i < 8; ++i) EXPECT_TRUE(storage().get_lease(leases[i].id)) << i;
  EXPECT_EQ(storage().list_leases().size(), 5u);
}

TEST_P(History, OrderOfEndDecidesNotOrderOfBeginning) {
  save(1);
  const Lease early = acquire_for(24h).value();
  for (int i = 0; i < 5; ++i) ended_lease();
  ASSERT_TRUE(storage().release_lease(early));
  EXPECT_TRUE(storage().get_lease(early.id));
  EXPECT_EQ(storage().list_leases().size(), 5u);
}

TEST_P(History, LeasesThatEndedTooLongAgoGo) {
  save(1);
  const Lease old = ended_lease();
  clock.advance(59min);
  const Lease newer = ended_lease();
  EXPECT_TRUE(storage().get_lease(old.id));
  clock.advance(2min);
  const Lease newest = ended_lease();
  reopen();
  EXPECT_FALSE(storage().get_lease(old.id));
  EXPECT_TRUE(storage().get_lease(newer.id));
  EXPECT_TRUE(storage().get_lease(newest.id));
}

TEST_P(History, ActiveLeasesAreNeverTrimmed) {
  save(1);
  const Lease active = acquire_for(24h).value();
  clock.advance(3h);
  for (int i = 0; i < 8; ++i) ended_lease();
  reopen();
  EXPECT_EQ(storage().get_lease(active.id), active);
}

TEST_P(History, ForgottenLeaseCountsAsUnknown) {
  save(1);
  const Lease first = ended_lease();
  for (int i = 0; i < 5; ++i) ended_lease();
  EXPECT_FALSE(storage().release_lease(first));
  EXPECT_FALSE(storage().renew_lease(first, kLeaseTime));
}

}  // namespace
}  // namespace pharox::tests
