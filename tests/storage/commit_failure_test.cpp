// A commit that fails, on the real file system: files may not grow beyond a limit, as on a disk
// that fills up while a record is being written.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "tests/storage/store_frame.h"

namespace pharox::tests {
namespace {

using namespace storage;

// Of this process, while it lives.
class ResourceLimit {
 public:
  using Resource = decltype(RLIMIT_AS);

  ResourceLimit(Resource resource, rlim_t most) : resource_(resource) {
    ::getrlimit(resource_, &before_);
    const rlimit limit{most, before_.rlim_max};
    ::setrlimit(resource_, &limit);
  }
  ~ResourceLimit() { ::setrlimit(resource_, &before_); }
  ResourceLimit(const ResourceLimit&) = delete;
  ResourceLimit& operator=(const ResourceLimit&) = delete;

 private:
  const Resource resource_;
  rlimit before_{};
};

class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    before_handler_ = ::signal(SIGXFSZ, SIG_IGN);  // the write then fails instead
    limit_.emplace(RLIMIT_FSIZE, bytes);
  }
  ~FileSizeLimit() {
    limit_.reset();
    ::signal(SIGXFSZ, before_handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  std::optional<ResourceLimit> limit_;
  sighandler_t before_handler_ = SIG_DFL;
};

// Allows this many bytes more than there are.
ResourceLimit memory_limit(std::size_t bytes) {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return {RLIMIT_AS, pages * static_cast<std::size_t>(::getpagesize()) + bytes};
}

ChangeList some_leases(std::uint64_t first) {
  ChangeList list;
  for (const std::uint64_t number : numbers(first, first + 99)) {
    list.push_back(PutLease{active_lease(number)});
  }
  return list;
}

class CommitFailure : public testing::TestWithParam<Durability> {
 protected:
  std::unique_ptr<PersistentJournal> open() {
    return open_journal(folder_.path(), {.durability = GetParam(), .history = {}});
  }

  TempFolder folder_;
};

INSTANTIATE_TEST_SUITE_P(Durabilities, CommitFailure,
                         testing::Values(Durability::sync, Durability::process),
                         [](const auto& tested) {
                           return tested.param == Durability::sync ? "Sync" : "Process";
                         });

TEST_P(CommitFailure, RefusesAllThatFollowsAndKeepsAllThatWasAcknowledged) {
  std::uint64_t acknowledged = 0;
  {
    auto journal = open();
    const HealthCheckResult health = health_of(id_of(1), ProxyStatus::slow, kStart);
    journal->wait(
        journal->append(changes(PutHealth{health}, EndLease{ended_lease(9'999'999)}), kStart));
    const FileSizeLimit limit(256 * 1024);
    std::string failure = "no error";
    while (acknowledged < 1'000'000 && failure == "no error") {
      const Journal::Ticket ticket = journal->append(some_leases(acknowledged + 1), kStart);
      failure = message_of<StorageError>([&] { journal->wait(ticket); });
      if (failure == "no error") acknowledged += 100;
    }
    EXPECT_NE(failure.find("cannot commit to " + folder_.path().string()), std::string::npos)
        << failure;
    EXPECT_NE(failure.find("unknown until the store is opened again"), std::string::npos)
        << failure;

    const auto appended = journal->last();
    EXPECT_EQ(message_of<StorageError>([&] { journal->append(some_leases(1), kStart); }), failure);
    EXPECT_EQ(journal->last(), appended);  // nothing was
    EXPECT_EQ(message_of<StorageError>([&] { journal->wait(appended); }), failure);
    EXPECT_NO_THROW(journal->wait(1));  // what was acknowledged stays so
    EXPECT_EQ(journal->find_health(id_of(1)), health);
    EXPECT_EQ(ended_tokens(*journal), std::vector<std::uint64_t>{9'999'999});
    EXPECT_THROW(journal->close(), StorageError);
  }
  const auto journal = open();
  const std::size_t found = Recovered(journal->rows()).leases.size();
  EXPECT_GT(acknowledged, 0);
  // The operation that failed is wholly there or wholly absent.
  EXPECT_TRUE(found == acknowledged || found == acknowledged + 100) << found;
  journal->wait(journal->append(some_leases(1), kStart));
}

TEST_P(CommitFailure, WakesEveryWaiter) {
  std::mutex engine;
  std::set<std::uint64_t> acknowledged;
  std::atomic<int> failed = 0;
  {
    const auto journal = open();
    const FileSizeLimit limit(256 * 1024);
    std::uint64_t next = 1;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 16; ++thread) {
      threads.emplace_back([&] {
        try {
          for (;;) {
            std::uint64_t first = 0;
            Journal::Ticket ticket = 0;
            {
              const std::lock_guard lock(engine);
              first = next;
              next += 100;
              ticket = journal->append(some_leases(first), kStart);
            }
            journal->wait(ticket);
            const std::lock_guard lock(engine);
            acknowledged.insert(first);
          }
        } catch (const StorageError&) {
          ++failed;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_EQ(failed, 16);
  const auto journal = open();
  std::set<std::uint64_t> found;
  for (const auto& stored : Recovered(journal->rows()).leases) found.insert(stored.lease.token);
  for (const std::uint64_t first : acknowledged) EXPECT_TRUE(found.contains(first + 99)) << first;
  // A prefix, ending with a whole operation.
  EXPECT_EQ(found.size() % 100, 0);
  EXPECT_EQ(found.size(), found.empty() ? 0 : *found.rbegin());
}

// Neither what was made into rows by then, nor what was not, nor a builder that could not grow.
TEST_P(CommitFailure, OfMemoryLeavesNothingBehind) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer takes its memory at once";
#endif
  const auto journal = open();
  journal->wait(journal->append(some_leases(1), kStart));
  const auto leases_and = [](std::uint64_t first, std::size_t text) {
    ChangeList list = some_leases(first);
    list.push_back(PutHealth{
        {.proxy_id = id_of(first), .checked_at = kStart, .error_message = std::string(text, 'x')}});
    return list;
  };
  ChangeList giant = leases_and(101, std::size_t{256} << 20);
  {
    const ResourceLimit limit = memory_limit(std::size_t{64} << 20);
    const std::string message =
        message_of<StorageError>([&] { journal->wait(journal->append(std::move(giant), kStart)); });
    EXPECT_NE(message.find("memory is exhausted"), std::string::npos) << message;
  }
  journal->reopen();
  journal->wait(journal->append(leases_and(201, std::size_t{1} << 20), kStart));
  journal->wait(journal->append(some_leases(301), kStart));
  EXPECT_EQ(Recovered(journal->rows()).leases.size(), 300u);
  std::vector<std::string> health;
  journal->rows().visit(format::Table::health, {},
                        [&](std::string_view key, auto) { return health.emplace_back(key), true; });
  EXPECT_EQ(health, std::vector<std::string>{format::uuid_key(id_of(201))});
}

}  // namespace
}  // namespace pharox::tests
