// What pharox verify finds in stores that are whole as bytes and wrong as records.
#include "tools/inspect/verification.h"

#include <gtest/gtest.h>

#include "pharox/pharox.h"
#include "tests/fixtures/records.h"
#include "tests/fixtures/temp_folder.h"

namespace pharox::tests {
namespace {

using storage::ChangeList;

format::StoredLease lease_of(std::uint64_t number, std::uint64_t token) {
  format::StoredLease stored;
  Lease& lease = stored.lease;
  lease.id = id_of(number);
  lease.proxy_id = id_of(10);
  lease.consumer_id = id_of(5);
  lease.pool_id = id_of(1);
  lease.pool_name = "demo";
  lease.acquired_at = kStart;
  lease.expires_at = kStart + 1h;
  lease.token = token;
  stored.duration = 1h;
  return stored;
}

format::StoredLease ended(format::StoredLease stored) {
  stored.lease.status = LeaseStatus::released;
  stored.lease.released_at = kStart + 1min;
  stored.lease.end_reason = EndReason::consumer;
  return stored;
}

class VerificationTest : public ::testing::Test {
 protected:
  // A sound store, and `changes` behind it.
  std::vector<std::string> findings_after(ChangeList changes) const {
    storage::JournalOptions options;
    options.history.max_age = std::chrono::hours{24 * 365 * 100};
    const auto journal = storage::open_journal(folder_.path(), options);
    // In commits of their own: within one, what begins goes before what ends.
    journal->wait(journal->append(
        {storage::PutTokenMark{100}, storage::PutPool{pool_of(1, "demo")},
         storage::PutConsumer{{id_of(5), "ann"}}, storage::PutProxy{proxy_of(10, id_of(1))},
         storage::PutLease{lease_of(20, 1)}, storage::EndLease{ended(lease_of(21, 2))},
         storage::PutCursor{id_of(1), id_of(10)}},
        kStart));
    journal->wait(journal->append(std::move(changes), kStart));
    journal->close();
    std::vector<std::string> texts;
    const auto reader = storage::StoreReader::open(folder_.path());
    for (const tools::Finding& finding : tools::verify(*reader).findings) {
      texts.push_back(finding.place + " " + finding.key + ": " + finding.reason);
    }
    return texts;
  }

  void expect_one(ChangeList changes, const std::string& place, const std::string& reason) const {
    const auto findings = findings_after(std::move(changes));
    ASSERT_EQ(findings.size(), 1u) << ::testing::PrintToString(findings);
    EXPECT_TRUE(findings[0].starts_with(place)) << findings[0];
    EXPECT_NE(findings[0].find(reason), std::string::npos) << findings[0];
  }

  TempFolder folder_;
};

TEST_F(VerificationTest, ASoundStoreHasNoFindings) {
  EXPECT_EQ(findings_after({}), std::vector<std::string>{});
}

TEST_F(VerificationTest, AProxyWithoutItsPool) {
  expect_one({storage::PutProxy{proxy_of(11, id_of(2))}}, "proxies ", "is missing");
}

TEST_F(VerificationTest, TwoPoolsOfOneName) {
  expect_one({storage::PutPool{pool_of(2, "demo")}}, "pools ", "its name is taken");
}

TEST_F(VerificationTest, ALeaseWithoutItsConsumer) {
  auto lease = lease_of(22, 3);
  lease.lease.consumer_id = id_of(6);
  expect_one({storage::PutLease{lease}}, "leases ", "its consumer");
}

TEST_F(VerificationTest, ACursorWithoutItsPool) {
  expect_one({storage::PutCursor{id_of(3), id_of(10)}}, "meta ", "its pool is missing");
}

TEST_F(VerificationTest, AHealthResultWithoutItsProxy) {
  expect_one({storage::PutHealth{health_of(id_of(12), ProxyStatus::slow, kStart)}}, "health ",
             "its proxy is missing");
}

TEST_F(VerificationTest, ATokenThatTwoLeasesHave) {
  expect_one({storage::EndLease{ended(lease_of(22, 1))}}, "leases ", "another lease's too");
}

TEST_F(VerificationTest, ATokenAboveTheMark) {
  expect_one({storage::EndLease{ended(lease_of(22, 100))}}, "leases ", "not below token_mark 100");
}

TEST_F(VerificationTest, AnEndedLeaseThatIsMissing) {
  // Ended once more, it has another number, and its first one has no row.
  expect_one({storage::EndLease{ended(lease_of(21, 2))}}, "leases ",
             "the numbers 1 to 1 are missing");
}

TEST_F(VerificationTest, EveryFindingIsListed) {
  EXPECT_EQ(findings_after({storage::PutProxy{proxy_of(11, id_of(2))},
                            storage::PutProxy{proxy_of(12, id_of(2))},
                            storage::PutHealth{health_of(id_of(13), ProxyStatus::slow, kStart)}})
                .size(),
            3u);
}

TEST_F(VerificationTest, AStoreThatWasUsedAndTrimmedIsSound) {
  RocksDbStorageOptions options;
  options.history.max_leases = 7;
  {
    RocksDbStorage storage(folder_.path(), options);
    bootstrap_pool(storage, "demo");
    storage.save_proxy(proxy_of(10, storage.get_pool("demo").id));
    ProxyManager manager(storage);
    for (int i = 0; i < 50; ++i) {
      const auto lease = manager.acquire_proxy({.pool_name = "demo"});
      ASSERT_TRUE(lease);
      if (i % 3 != 0) manager.release_proxy(*lease);
    }
    storage.close();
  }
  const auto reader = storage::StoreReader::open(folder_.path());
  for (const tools::Finding& finding : tools::verify(*reader).findings) {
    ADD_FAILURE() << finding.place << " " << finding.key << ": " << finding.reason;
  }
}

}  // namespace
}  // namespace pharox::tests
