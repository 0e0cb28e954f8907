// Many callers at once: nothing is lost, nothing is torn, order is kept.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "tests/storage/store_frame.h"

namespace pharox::tests {
namespace {

using namespace storage;

constexpr int kThreads = 64;
constexpr int kEach = 25;

// Each thread appends and waits kEach times: what `next(thread, i)` gives. append() is called by
// one thread at a time, and so is `next`.
template <class Next>
void commit_from_threads(Journal& journal, int count, const Next& next) {
  std::mutex engine;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < count; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kEach; ++i) {
        Journal::Ticket ticket = 0;
        {
          const std::lock_guard lock(engine);
          ticket = journal.append(next(thread, i), kStart);
        }
        journal.wait(ticket);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(GroupCommit, SixtyFourThreadsLoseNothing) {
  TempFolder folder;
  {
    const auto journal = open_journal(folder.path(), {.history = {}});
    commit_from_threads(*journal, kThreads, [](int thread, int i) {
      const std::uint64_t number = 1 + thread * kEach + i;
      return changes(PutLease{active_lease(number)});
    });
  }  // nothing but the waits made it durable; closing has nothing left to do
  const auto journal = open_journal(folder.path(), {.history = {}});
  std::vector<std::uint64_t> tokens;
  for (const auto& stored : Recovered(journal->rows()).leases) tokens.push_back(stored.lease.token);
  EXPECT_EQ(tokens, numbers(1, kThreads * kEach));
}

// With either durability: who makes the rows, and so numbers the ends, depends on it.
TEST(GroupCommit, ThreadsThatEndLeasesShareOneHistory) {
  for (const Durability durability : {Durability::sync, Durability::process}) {
    TempFolder folder;
    const auto journal =
        open_journal(folder.path(), {.durability = durability, .history = {.max_leases = 50}});
    std::uint64_t ended = 0;
    commit_from_threads(*journal, kThreads / 8,
                        [&](int, int) { return changes(EndLease{ended_lease(++ended)}); });
    EXPECT_EQ(ended_tokens(*journal), numbers(ended - 49, ended));
  }
}

// Each operation moves one lease: it ends the last one and starts the next. A view taken at any
// moment has exactly one active lease, and all before it in the history.
TEST(GroupCommit, EveryMomentIsAPrefixOfWholeOperations) {
  TempFolder folder;
  const auto journal = open_journal(folder.path(), {.history = {}});
  journal->wait(journal->append(changes(PutLease{active_lease(1)}), kStart));
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (std::uint64_t number = 1; !stop; ++number) {
      const auto ticket = journal->append(
          changes(EndLease{ended_lease(number)}, PutLease{active_lease(number + 1)}), kStart);
      if (number % 7 == 0) journal->wait(ticket);
    }
  });
  for (int i = 0; i < 5; ++i) {
    const auto reader = StoreReader::open(folder.path());
    const Recovered found(*reader);
    EXPECT_EQ(found.leases.size(), 1);
    if (found.leases.empty()) break;
    EXPECT_EQ(count_rows(*reader, format::Table::leases), found.leases[0].lease.token);
  }
  stop = true;
  writer.join();
}

TEST(GroupCommit, AnOperationLargerThanAGroupIsNotSplit) {
  TempFolder folder;
  {
    const auto journal = open_journal(folder.path(), {.history = {}});
    ChangeList bulk;
    for (std::uint64_t number = 1; number <= 20'000; ++number) {
      bulk.push_back(PutProxy{proxy_of(number, id_of(1))});
    }
    journal->append(changes(PutTokenMark{1}), kStart);
    journal->append(std::move(bulk), kStart);
    journal->wait(journal->append(changes(PutTokenMark{2}), kStart));
  }
  const auto journal = open_journal(folder.path(), {.history = {}});
  const Recovered found(journal->rows());
  EXPECT_EQ(found.proxies.size(), 20'000);
  EXPECT_EQ(found.token_mark, 2);
}

TEST(GroupCommit, AQueueLongerThanAGroupIsCommittedByOneWait) {
  TempFolder folder;
  const auto journal =
      open_journal(folder.path(), {.durability = Durability::process, .history = {}});
  for (std::uint64_t number = 1; number <= 10'000; ++number) {
    journal->append(changes(PutLease{active_lease(number)}), kStart);
  }
  journal->wait(journal->last());
  EXPECT_EQ(count_rows(journal->rows(), format::Table::leases), 10'000);
}

// Told of by the journal's thread, in order.
class Observer final : public CommitObserver {
 public:
  Observer(std::vector<Journal::Ticket>& told, Journal::Ticket ticket)
      : told_(told), ticket_(ticket) {}
  void settled(const std::string* failure) noexcept override {
    EXPECT_EQ(failure, nullptr);
    told_.push_back(ticket_);
  }

 private:
  std::vector<Journal::Ticket>& told_;
  const Journal::Ticket ticket_;
};

TEST(GroupCommit, ObserversAreToldOfAllInOrderBesideThreadsThatWait) {
  TempFolder folder;
  std::vector<Journal::Ticket> told;  // the journal's thread's, until it is closed
  std::vector<std::unique_ptr<Observer>> observers;
  std::vector<Journal::Ticket> expected;
  {
    const auto journal = open_journal(folder.path(), {.history = {}});
    std::mutex engine;
    std::uint64_t number = 0;
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < 100; ++i) {
          Journal::Ticket ticket = 0;
          {
            const std::lock_guard lock(engine);
            ticket = journal->append(changes(PutLease{active_lease(++number)}), kStart);
            if (thread % 2 == 0) {
              observers.push_back(std::make_unique<Observer>(told, ticket));
              // Unless another thread has led meanwhile.
              if (journal->tell(ticket, *observers.back(), thread % 4 == 0)) {
                expected.push_back(ticket);
              }
              if (i % 10 == 9) journal->hurry();
            }
          }
          if (thread % 2 == 1) journal->wait(ticket);
        }
      });
    }
    threads.clear();
    journal->wait(journal->last());
    Observer late(told, 0);
    EXPECT_FALSE(journal->tell(journal->last(), late, false)) << "it is durable already";
  }
  EXPECT_EQ(told, expected);
  const auto journal = open_journal(folder.path(), {.history = {}});
  EXPECT_EQ(Recovered(journal->rows()).leases.size(), 800);
}

TEST(GroupCommit, ThoseWhoAnnounceMoreAreToldThoughNoneFollow) {
  TempFolder folder;
  std::vector<Journal::Ticket> told;
  std::vector<Journal::Ticket> expected;
  std::vector<std::unique_ptr<Observer>> observers;
  for (const Durability durability : {Durability::process, Durability::sync}) {
    const auto journal = open_journal(folder.path(), {.durability = durability, .history = {}});
    for (std::uint64_t number = 1; number <= 20; ++number) {
      const auto ticket = journal->append(changes(PutLease{active_lease(number)}), kStart);
      observers.push_back(std::make_unique<Observer>(told, ticket));
      if (journal->tell(ticket, *observers.back(), true)) expected.push_back(ticket);
      if (number % 2 == 0) std::this_thread::sleep_for(1ms);
    }
    while (journal->tell(journal->last(), *observers.back(), true)) {  // until all is durable
      expected.push_back(journal->last());
      std::this_thread::sleep_for(5ms);
    }
    journal->close();
  }
  EXPECT_EQ(told, expected);
}

TEST(GroupCommit, NobodyNeedWaitForObserversToBeTold) {
  TempFolder folder;
  std::vector<Journal::Ticket> told;
  const auto journal = open_journal(folder.path(), {.history = {}});
  const auto ticket = journal->append(changes(PutLease{active_lease(1)}), kStart);
  Observer observer(told, ticket);
  ASSERT_TRUE(journal->tell(ticket, observer, false));
  journal->close();  // which tells whoever has not been told yet
  EXPECT_EQ(told, std::vector<Journal::Ticket>{ticket});
}

}  // namespace
}  // namespace pharox::tests
