// A contender that answers something else measures nothing: all must choose the same proxy.
#include <gtest/gtest.h>

#include "bench/grid.h"
#include "bench/linear_scan.h"
#include "bench/pharox_store.h"
#include "bench/sqlite_store.h"

namespace pharox::bench {
namespace {

constexpr std::size_t kProxies = 1'000;
// The round-robin cursor has wrapped around the narrow filters by then.
constexpr int kAsks = 12;

class Contenders : public testing::TestWithParam<Occupancy> {
 protected:
  const Dataset dataset_ = make_dataset(kProxies);
  const std::vector<std::size_t> leased_ = leased_proxies(dataset_, GetParam());
  const std::vector<Question> questions_ = questions_at({kProxies, GetParam()});
};

TEST_P(Contenders, ChooseTheSameProxy) {
  PharoxStore pharox(dataset_, leased_);
  LinearScan scan(dataset_, leased_);
  const auto loaded = load_into_sqlite(dataset_, leased_);
  SqliteStore sqlite(*loaded, SqliteMedium::memory);
  for (const Question& question : questions_) {
    const ProxyFilters filters = question.filter.filters(question.selector);
    for (Selecting* contender : std::initializer_list<Selecting*>{&pharox, &scan, &sqlite}) {
      contender->prepare(filters, question.selector);
    }
    for (int ask = 0; ask < kAsks; ++ask) {
      const auto expected = scan.select();
      EXPECT_EQ(pharox.select(), expected) << question.name("Pharox");
      EXPECT_EQ(sqlite.select(), expected) << question.name("SQLite");
    }
  }
}

TEST_P(Contenders, LeaseWhereSomethingIsFreeAndLeaveItFree) {
  PharoxStore pharox(dataset_, leased_);
  const auto loaded = load_into_sqlite(dataset_, leased_);
  SqliteStore sqlite(*loaded, SqliteMedium::wal_full);
  for (const Question& question : questions_) {
    const ProxyFilters filters = question.filter.filters(question.selector);
    pharox.prepare(filters, question.selector);
    sqlite.prepare(filters, question.selector);
    const bool hit = pharox.select().has_value();
    EXPECT_EQ(sqlite.select().has_value(), hit);
    EXPECT_EQ(pharox.lease_and_release(), hit) << question.name("Pharox");
    EXPECT_EQ(sqlite.lease_and_release(), hit) << question.name("SQLite");
    EXPECT_EQ(sqlite.select(), pharox.select()) << question.name("afterwards");
  }
}

TEST_P(Contenders, LeaseManyInOneTransactionAndLeaveThemFree) {
  const auto loaded = load_into_sqlite(dataset_, leased_);
  PharoxStore pharox(dataset_, leased_);
  pharox.prepare({}, SelectorStrategy::least_used);
  for (const SqliteIndexes indexes : {SqliteIndexes::all, SqliteIndexes::least_used}) {
    SqliteStore sqlite(*loaded, SqliteMedium::wal_full, indexes);
    sqlite.prepare({}, SelectorStrategy::least_used);
    EXPECT_EQ(sqlite.lease_and_release_in_one_transaction(64), 64u);
    EXPECT_EQ(sqlite.select(), pharox.select());
  }
}

TEST_P(Contenders, FindTheOneMatchAndMissWhatIsExhausted) {
  PharoxStore pharox(dataset_, leased_);
  for (const Question& question : questions_) {
    pharox.prepare(question.filter.filters(question.selector), question.selector);
    const auto chosen = pharox.select();
    if (question.filter.name == "one_match") {
      const auto order = static_cast<std::size_t>(question.selector);
      EXPECT_EQ(chosen, dataset_.proxies[dataset_.last_in_order[order]].id);
    }
    if (question.filter.name == "exhausted" || question.filter.name == "and_disjoint") {
      EXPECT_EQ(chosen, std::nullopt);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Occupancies, Contenders, testing::ValuesIn(kOccupancies));

}  // namespace
}  // namespace pharox::bench
