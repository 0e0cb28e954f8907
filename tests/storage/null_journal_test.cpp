#include "storage/null_journal.h"

#include <gtest/gtest.h>

#include "tests/storage/store_frame.h"

namespace pharox::tests {
namespace {

using namespace storage;

void end(Journal& journal, std::uint64_t first, std::uint64_t last, Timestamp at = kStart) {
  for (const std::uint64_t number : numbers(first, last)) {
    journal.wait(journal.append(changes(EndLease{ended_lease(number, at)}), at));
  }
}

TEST(NullJournal, KeepsExactlyTheNewest) {
  NullJournal journal({.max_leases = 10, .max_age = 24h});
  end(journal, 1, 25);
  EXPECT_EQ(ended_tokens(journal), numbers(16, 25));
  EXPECT_EQ(journal.find_ended_lease(id_of(16)), ended_lease(16));
  EXPECT_EQ(journal.find_ended_lease(id_of(15)), std::nullopt);
}

TEST(NullJournal, ForgetsWhatIsTooOld) {
  NullJournal journal({.max_leases = 1000, .max_age = 60s});
  end(journal, 1, 3, kStart);
  end(journal, 4, 5, kStart + 60s);
  EXPECT_EQ(ended_tokens(journal), numbers(1, 5));
  journal.append(changes(PutTokenMark{1}), kStart + 60s + kMicrosecond);
  EXPECT_EQ(ended_tokens(journal), numbers(4, 5));
}

TEST(NullJournal, WithoutAHistoryNothingIsKept) {
  NullJournal journal({.max_leases = 0, .max_age = 24h});
  end(journal, 1, 3);
  EXPECT_TRUE(ended_tokens(journal).empty());
}

TEST(NullJournal, VisitsInIdOrderFromAnyPlace) {
  NullJournal journal({.max_leases = 1000, .max_age = 24h});
  end(journal, 301, 700);
  end(journal, 1, 300);
  EXPECT_EQ(ended_tokens(journal), numbers(1, 700));
  EXPECT_EQ(ended_tokens(journal, id_of(300)), numbers(301, 700));
  int visited = 0;
  journal.visit_ended_leases({}, [&](const auto&) { return ++visited < 5; });
  EXPECT_EQ(visited, 5);
}

TEST(NullJournal, HealthGoesWithItsProxy) {
  NullJournal journal({});
  const HealthCheckResult health = health_of(id_of(1), ProxyStatus::slow, kStart);
  journal.append(changes(PutHealth{health}), kStart);
  EXPECT_EQ(journal.find_health(id_of(1)), health);
  journal.append(changes(EraseProxy{id_of(1)}), kStart);
  EXPECT_EQ(journal.find_health(id_of(1)), std::nullopt);
}

}  // namespace
}  // namespace pharox::tests
