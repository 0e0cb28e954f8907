// The limits of the history hold exactly, whatever the groups and across reopening.
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "format/codec.h"
#include "format/keys.h"
#include "storage/rocks_forgotten.h"
#include "tests/fixtures/environment.h"
#include "tests/storage/store_frame.h"

namespace pharox::tests {
namespace {

using namespace storage;
using format::Table;

class HistoryTest : public testing::Test {
 protected:
  void open(const HistoryLimits& limits) {
    if (journal_) journal_->close();
    journal_.reset();
    journal_ = open_journal(folder_.path(), {.durability = Durability::process, .history = limits});
  }
  // Ends the leases of these numbers in one operation.
  void end(std::uint64_t first, std::uint64_t last, Timestamp at = kStart) {
    ChangeList list;
    for (const std::uint64_t number : numbers(first, last)) {
      list.push_back(EndLease{ended_lease(number, at)});
    }
    journal_->append(std::move(list), at);
  }

  TempFolder folder_;
  std::unique_ptr<PersistentJournal> journal_;
};

TEST_F(HistoryTest, KeepsExactlyTheNewest) {
  open({.max_leases = 10, .max_age = 24h});
  for (std::uint64_t number = 1; number <= 25; ++number) {
    end(number, number);
    journal_->wait(journal_->last());
    EXPECT_EQ(ended_tokens(*journal_), numbers(number > 10 ? number - 9 : 1, number));
  }
}

TEST_F(HistoryTest, TheLimitMayFallInsideAGroup) {
  open({.max_leases = 10, .max_age = 24h});
  end(1, 8);
  end(9, 15);  // two groups or one: the same in the end
  EXPECT_EQ(ended_tokens(*journal_), numbers(6, 15));
  open({.max_leases = 10, .max_age = 24h});
  end(16, 18);
  EXPECT_EQ(ended_tokens(*journal_), numbers(9, 18));
}

TEST_F(HistoryTest, AGroupLargerThanTheLimitKeepsItsNewest) {
  open({.max_leases = 10, .max_age = 24h});
  end(1, 10'000);
  EXPECT_EQ(ended_tokens(*journal_), numbers(9'991, 10'000));
}

TEST_F(HistoryTest, ALoweredLimitHoldsFromOpeningOn) {
  open({.max_leases = 20'000, .max_age = 24h});
  for (std::uint64_t first = 1; first < 12'000; first += 100) end(first, first + 99);
  open({.max_leases = 7, .max_age = 24h});
  EXPECT_EQ(ended_tokens(*journal_), numbers(11'994, 12'000));
  open({.max_leases = 0, .max_age = 24h});
  EXPECT_TRUE(ended_tokens(*journal_).empty());
}

TEST_F(HistoryTest, ARaisedLimitGoesOnFromWhatIsThere) {
  open({.max_leases = 3, .max_age = 24h});
  end(1, 5);
  open({.max_leases = 5, .max_age = 24h});
  end(6, 7);
  EXPECT_EQ(ended_tokens(*journal_), numbers(3, 7));
  end(8, 8);
  EXPECT_EQ(ended_tokens(*journal_), numbers(4, 8));
}

TEST_F(HistoryTest, WithoutAHistoryNothingIsKept) {
  open({.max_leases = 0, .max_age = 24h});
  end(1, 100);
  EXPECT_TRUE(ended_tokens(*journal_).empty());
}

// What is forgotten leaves the disk as compactions come across it: all but a few rows go, where
// so many leases end that a few compactions come.
class ForgottenRows : public HistoryTest, public testing::WithParamInterface<Durability> {
 protected:
  // Whether fewer than half of the rows of all that ended are there at a time. Flushes may come
  // late on a busy machine.
  bool leave() {
    JournalOptions options{.durability = GetParam(), .history = {.max_leases = 100}};
    options.seams.wal_bytes = std::size_t{64} << 10;  // flushed often
    options.seams.witness_interval = 1h;
    journal_ = open_journal(folder_.path(), options);
    constexpr std::uint64_t kMost = 200'000;
    constexpr std::uint64_t kGroup = 500;
    for (std::uint64_t ended = kGroup; ended <= kMost; ended += kGroup) {
      end(ended - kGroup + 1, ended);
      journal_->wait(journal_->last());
      if (ended % 20'000 != 0) continue;
      EXPECT_EQ(ended_tokens(*journal_), numbers(ended - 99, ended));
      if (count_rows(journal_->rows(), Table::leases) < ended / 2) return true;
    }
    // What comes late may be too little to be merged: more follows.
    for (std::uint64_t ended = kMost; ended < kMost + 300 * kGroup; ended += kGroup) {
      if (count_rows(journal_->rows(), Table::leases) < kMost / 2) return true;
      std::this_thread::sleep_for(100ms);
      end(ended + 1, ended + kGroup);
      journal_->wait(journal_->last());
    }
    return false;
  }
};
INSTANTIATE_TEST_SUITE_P(Sync, ForgottenRows, testing::Values(Durability::sync));
INSTANTIATE_TEST_SUITE_P(Process, ForgottenRows, testing::Values(Durability::process));

TEST_P(ForgottenRows, LeaveTheDisk) { EXPECT_TRUE(leave()); }

TEST_P(ForgottenRows, DoNotComeBackFromTheLog) {
  JournalOptions options{.durability = GetParam(), .history = {.max_leases = 100}};
  journal_ = open_journal(folder_.path(), options);
  for (std::uint64_t ended = 0; ended < 10'000; ended += 100) end(ended + 1, ended + 100);
  journal_->close();
  journal_.reset();
  journal_ = open_journal(folder_.path(), options);
  EXPECT_EQ(ended_tokens(*journal_), numbers(9'901, 10'000));
  EXPECT_EQ(count_rows(journal_->rows(), Table::leases), 100u);
}

// What says that leases are forgotten is made durable before their rows are dropped.
TEST(ForgottenLeasesTest, SyncBeforeTheyAreDropped) {
  int syncs = 0;
  bool fails = false;
  ForgottenLeases forgotten(
      [&] {
        ++syncs;
        if (fails) throw StorageError("no");
      },
      std::make_shared<Pauses>());
  const auto drops = [&](std::uint64_t number) {
    const auto filter = forgotten.CreateCompactionFilter({});
    const format::StoredLease lease = ended_lease(number, kStart);
    std::string changed, skipped;
    return filter->FilterV2(0, format::uuid_key(lease.lease.id),
                            rocksdb::CompactionFilter::ValueType::kValue,
                            format::encode(lease, number), &changed,
                            &skipped) == rocksdb::CompactionFilter::Decision::kRemove;
  };
  EXPECT_FALSE(drops(1));
  forgotten.forget_below(5, true);
  EXPECT_TRUE(drops(4));
  EXPECT_FALSE(drops(5));
  EXPECT_EQ(syncs, 0);
  forgotten.forget_below(7, false);
  fails = true;
  EXPECT_FALSE(drops(6));
  EXPECT_TRUE(drops(4));
  EXPECT_EQ(syncs, 2);
  fails = false;
  EXPECT_TRUE(drops(6));
  EXPECT_TRUE(drops(6));
  EXPECT_EQ(syncs, 3);
}

TEST_F(HistoryTest, ForgetsWhatIsTooOld) {
  open({.max_leases = 1000, .max_age = 60s});
  end(1, 3, kStart);
  end(4, 5, kStart + 1s);  // perhaps in the same group: still told apart
  end(6, 6, kStart + 60s);
  EXPECT_EQ(ended_tokens(*journal_), numbers(1, 6));  // at its age, not above it
  end(7, 7, kStart + 60s + kMicrosecond);
  EXPECT_EQ(ended_tokens(*journal_), numbers(4, 7));
  open({.max_leases = 1000, .max_age = 60s});
  journal_->append(changes(PutTokenMark{1}), kStart + 1h);  // any commit may bring the news
  EXPECT_TRUE(ended_tokens(*journal_).empty());
  end(8, 9, kStart + 1h);
  EXPECT_EQ(ended_tokens(*journal_), numbers(8, 9));
}

TEST_F(HistoryTest, AHistoryThatAgesAtOnceIsForgottenInSteps) {
  open({.max_leases = 100'000, .max_age = 60s});
  end(1, 5'000);
  journal_->wait(journal_->last());
  for (int commit = 0; commit < 20; ++commit) {
    journal_->wait(journal_->append(changes(PutTokenMark{1}), kStart + 1h));
  }
  EXPECT_TRUE(ended_tokens(*journal_).empty());
}

TEST_F(HistoryTest, AnUnlimitedAgeNeverEnds) {
  open({.max_leases = 10, .max_age = Duration::max()});
  end(1, 5, kMinTimestamp);
  end(6, 6, kMaxTimestamp);
  EXPECT_EQ(ended_tokens(*journal_), numbers(1, 6));
}

TEST_F(HistoryTest, ABeginThatCannotBeIsRefused) {
  open({.max_leases = 3, .max_age = 24h});
  journal_->close();
  journal_.reset();
  for (const std::uint64_t first : {std::uint64_t{0}, format::kMaxEndNumber + 1}) {
    BareDatabase(folder_.path())
        .put(Table::meta, std::string(format::kHistoryFirstKey),
             format::encode_number(format::kHistoryFirstKey, first));
    EXPECT_NE(message_of<CorruptionError>([&] { open({}); }).find("history_first"),
              std::string::npos);
  }
}

TEST_F(HistoryTest, VisitsInIdOrderFromAnyPlace) {
  open({.max_leases = 1000, .max_age = 24h});
  end(1, 700);
  EXPECT_EQ(ended_tokens(*journal_), numbers(1, 700));
  EXPECT_EQ(ended_tokens(*journal_, id_of(300)), numbers(301, 700));
  EXPECT_TRUE(ended_tokens(*journal_, id_of(700)).empty());
  int visited = 0;
  journal_->visit_ended_leases({}, [&](const auto&) { return ++visited < 5; });
  EXPECT_EQ(visited, 5);
}

// Random groups, limits and reopenings against a plain list.
TEST_F(HistoryTest, FollowsAModel) {
  std::mt19937_64 random(announced_seed());
  const auto below = [&](std::uint64_t n) { return random() % n; };
  HistoryLimits limits{.max_leases = 50, .max_age = 24h};
  open(limits);
  std::uint64_t next = 1;
  std::size_t kept = 0;
  for (int step = 0; step < 300; ++step) {
    if (below(10) == 0) {
      limits.max_leases = below(80);
      open(limits);
      kept = std::min(kept, limits.max_leases);
    }
    const std::uint64_t count = 1 + below(30);
    end(next, next + count - 1);
    next += count;
    kept = std::min<std::size_t>(kept + count, limits.max_leases);
    if (below(3) == 0) {
      ASSERT_EQ(ended_tokens(*journal_), numbers(next - kept, next - 1)) << "step " << step;
    }
  }
}

}  // namespace
}  // namespace pharox::tests
