// What is written is there again, in either durability.
#include <gtest/gtest.h>

#include "tests/storage/store_frame.h"

namespace pharox::tests {
namespace {

using namespace storage;

class RocksJournalTest : public testing::TestWithParam<Durability> {
 protected:
  std::unique_ptr<PersistentJournal> open() {
    return open_journal(folder_.path() / "store", {.durability = GetParam(), .history = {}});
  }
  void commit(ChangeList list) {
    const auto journal = open();
    journal->wait(journal->append(std::move(list), kStart));
    journal->close();
  }

  TempFolder folder_;
};

INSTANTIATE_TEST_SUITE_P(Durabilities, RocksJournalTest,
                         testing::Values(Durability::sync, Durability::process),
                         [](const auto& tested) {
                           return tested.param == Durability::sync ? "Sync" : "Process";
                         });

TEST_P(RocksJournalTest, EveryKindOfRecordSurvivesReopening) {
  const ProxyPool pool = pool_of(1, "residential");
  const Consumer consumer{.id = id_of(2), .name = "crawler"};
  const Proxy proxy = proxy_of(3, pool.id);
  const HealthCheckResult health = health_of(proxy.id, ProxyStatus::slow, kStart);
  commit(changes(PutPool{pool}, PutConsumer{consumer}, PutProxy{proxy}, PutHealth{health},
                 PutLease{active_lease(4)}, PutLease{active_lease(5)}, EndLease{ended_lease(5)},
                 PutCursor{pool.id, proxy.id}, PutTokenMark{1000}));

  const auto journal = open();
  const Recovered found(journal->rows());
  EXPECT_EQ(found.pools, std::vector{pool});
  EXPECT_EQ(found.consumers, std::vector{consumer});
  EXPECT_EQ(found.proxies, std::vector{proxy});
  EXPECT_EQ(found.leases, std::vector{active_lease(4)});
  EXPECT_EQ(found.cursors, (std::map<Uuid, Uuid>{{pool.id, proxy.id}}));
  EXPECT_EQ(found.token_mark, 1000);
  EXPECT_EQ(journal->find_health(proxy.id), health);
  EXPECT_EQ(journal->find_ended_lease(id_of(5)), ended_lease(5));
  EXPECT_EQ(journal->find_ended_lease(id_of(4)), std::nullopt);
}

TEST_P(RocksJournalTest, ErasedRecordsStayErased) {
  const ProxyPool pool = pool_of(1, "residential");
  const Proxy proxy = proxy_of(3, pool.id);
  commit(changes(PutPool{pool}, PutProxy{proxy}, PutCursor{pool.id, proxy.id},
                 PutHealth{health_of(proxy.id, ProxyStatus::slow, kStart)}));
  commit(changes(EraseProxy{proxy.id}, ErasePool{pool.id}));

  const auto journal = open();
  const Recovered found(journal->rows());
  EXPECT_TRUE(found.pools.empty());
  EXPECT_TRUE(found.proxies.empty());
  EXPECT_TRUE(found.cursors.empty());
  EXPECT_EQ(journal->find_health(proxy.id), std::nullopt);
}

TEST_P(RocksJournalTest, LaterChangesReplaceEarlierOnes) {
  format::StoredLease renewed = active_lease(4);
  renewed.lease.expires_at += 1h;
  commit(changes(PutLease{active_lease(4)}, PutLease{renewed}, PutTokenMark{10}, PutTokenMark{20}));

  const auto journal = open();
  const Recovered found(journal->rows());
  EXPECT_EQ(found.leases, std::vector{renewed});
  EXPECT_EQ(found.token_mark, 20);
}

TEST_P(RocksJournalTest, ClosingWritesWhatNobodyWaitedFor) {
  {
    const auto journal = open();
    journal->append(changes(PutLease{active_lease(1)}), kStart);
    journal->append(changes(PutLease{active_lease(2)}), kStart);
    journal->close();
  }
  {
    const auto journal = open();
    journal->append(changes(PutLease{active_lease(3)}), kStart);
  }  // the destructor closes too
  EXPECT_EQ(Recovered(open()->rows()).leases.size(), 3);
}

// The next opening would flush it.
TEST_P(RocksJournalTest, ClosingLeavesNoLongLog) {
  constexpr std::uint64_t kMany = 100'000;
  const auto closed_after = [&](std::uint64_t leases) {
    ChangeList list;
    for (const std::uint64_t number : numbers(1, leases)) {
      list.push_back(PutLease{active_lease(number)});
    }
    commit(std::move(list));
    return log_bytes(folder_.path() / "store");
  };
  EXPECT_GT(closed_after(10), 0);
  EXPECT_EQ(closed_after(kMany), 0);
  EXPECT_EQ(Recovered(open()->rows()).leases.size(), kMany);
}

TEST_P(RocksJournalTest, ReadsShowWhatNobodyWaitedFor) {
  const auto journal = open();
  const HealthCheckResult health = health_of(id_of(1), ProxyStatus::banned, kStart);
  journal->append(changes(PutHealth{health}), kStart);
  EXPECT_EQ(journal->find_health(id_of(1)), health);
  journal->append(changes(EndLease{ended_lease(7)}), kStart);
  EXPECT_EQ(journal->find_ended_lease(id_of(7)), ended_lease(7));
}

TEST_P(RocksJournalTest, TicketsRiseFromZero) {
  const auto journal = open();
  EXPECT_EQ(journal->last(), 0);
  journal->wait(0);
  EXPECT_EQ(journal->append({}, kStart), 1);
  EXPECT_EQ(journal->append(changes(PutTokenMark{5}), kStart), 2);
  EXPECT_EQ(journal->last(), 2);
  journal->wait(2);
  journal->wait(1);
}

}  // namespace
}  // namespace pharox::tests
