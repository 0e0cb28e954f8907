// RocksDbStorage::reopen(): a store whose disk failed goes on in the same object.
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>

#include "engine/rocksdb_seams.h"
#include "pharox/pharox.h"
#include "tests/faults/fault_file_system.h"
#include "tests/fixtures/records.h"
#include "tests/fixtures/temp_folder.h"
#include "tests/storage/store_frame.h"

namespace pharox::tests {
namespace {

class Reopening : public testing::TestWithParam<Durability> {
 protected:
  Reopening() {
    std::filesystem::create_directories(folder_ / "db");
    RocksDbStorageOptions options;
    options.durability = GetParam();
    storage_ = engine::RocksDbSeams::open(folder_, options, {.env = environment_.get()});
    storage_->save_pool(pool_of(9, "pool"));
    storage_->ensure_consumer("worker");
    for (std::uint64_t number = 1; number <= 40; ++number) {
      storage_->save_proxy(proxy_of(number, id_of(9)));
    }
  }

  void fill_disk() {
    const std::lock_guard lock(disk_.mutex());
    disk_.limit_space(0);
  }
  void free_disk() {
    const std::lock_guard lock(disk_.mutex());
    disk_.heal();
  }
  std::string refusal() {
    return message_of<StorageError>([&] { storage_->save_pool(pool_of(10, "other")); });
  }

  TempFolder temp_{memory_folder()};
  const std::filesystem::path folder_ = temp_.path() / "store";
  FaultDisk disk_{folder_, 1};
  const std::unique_ptr<rocksdb::Env> environment_ = environment_of(disk_);
  std::unique_ptr<RocksDbStorage> storage_;
};

INSTANTIATE_TEST_SUITE_P(Durabilities, Reopening,
                         testing::Values(Durability::sync, Durability::process),
                         [](const auto& tested) {
                           return tested.param == Durability::sync ? "Sync" : "Process";
                         });

TEST_P(Reopening, ManagersAndGuardsGoOn) {
  ProxyManager manager(*storage_);
  const AcquireRequest request{.pool_name = "pool", .consumer_name = "worker"};
  Uuid guarded;
  {
    const ScopedLease guard = manager.with_lease(request);
    ASSERT_TRUE(guard);
    guarded = guard->id;
    fill_disk();
    EXPECT_THROW(manager.acquire_proxy(request), StorageError);
    free_disk();
    ASSERT_TRUE(storage_->reopen());
    EXPECT_EQ(storage_->get_lease(guarded)->status, LeaseStatus::active);
  }
  EXPECT_EQ(storage_->get_lease(guarded)->end_reason, EndReason::consumer);
  EXPECT_TRUE(manager.acquire_proxy(request));
  EXPECT_EQ(storage_->validate(), std::nullopt);
}

TEST_P(Reopening, NoSecretComesIntoLogsOrErrors) {
  storage_->close();
  std::mutex mutex;
  std::string said;
  RocksDbStorageOptions options;
  options.durability = GetParam();
  options.log = [&](std::string_view line) {
    const std::lock_guard lock(mutex);
    said += line;
  };
  storage_ = engine::RocksDbSeams::open(folder_, options, {.env = environment_.get()});
  Proxy proxy = proxy_of(1, id_of(9));
  proxy.credentials = Credentials{"ann", "sesame"};
  storage_->save_proxy(proxy);
  proxy.port = 0;
  std::string errors = message_of<InvalidArgumentError>([&] { storage_->save_proxy(proxy); });
  proxy.port = 80;
  fill_disk();
  errors += message_of<StorageError>([&] { storage_->save_proxy(proxy); });
  errors += message_of<StorageError>([&] { storage_->reopen(); });
  free_disk();
  storage_->reopen();
  storage_->close();
  EXPECT_NE(errors, "");
  EXPECT_NE(said, "");
  EXPECT_EQ((said + errors).find("sesame"), std::string::npos) << said << errors;
}

TEST_P(Reopening, WritesAreRefusedWithTheCauseAndReadsGoOnUntilThen) {
  const Lease lease = storage_->acquire("pool", "worker", 1h).value();
  fill_disk();
  const std::string failure = message_of<StorageError>([&] { storage_->release_lease(lease); });
  EXPECT_NE(failure.find("the disk is full"), std::string::npos) << failure;
  for (int tries = 0; tries < 3; ++tries) {
    EXPECT_NE(refusal().find("a commit failed: " + failure.substr(0, 20)), std::string::npos);
    EXPECT_EQ(storage_->list_proxies("pool").size(), 40u);
    EXPECT_TRUE(storage_->get_pool_stats("pool"));
    const std::string again = message_of<StorageError>([&] { storage_->reopen(); });
    EXPECT_NE(again.find("the disk is full"), std::string::npos) << again;
    EXPECT_NE(refusal().find("the last try: " + again), std::string::npos) << refusal();
    // What is not in memory cannot be read while nothing is open.
    EXPECT_THROW(storage_->get_last_health_result(id_of(1)), StorageError);
    // And nobody slips in.
    EXPECT_THROW(RocksDbStorage{folder_}, StoreLockedError);
  }
  free_disk();
  const auto report = storage_->reopen();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->proxies, 40u);
  EXPECT_EQ(refusal(), "no error");
  EXPECT_EQ(storage_->get_last_health_result(id_of(1)), std::nullopt);
  EXPECT_EQ(storage_->validate(), std::nullopt);
}

// With Durability::process; the witness follows in this interval.
struct JournalOnFaultDisk {
  explicit JournalOnFaultDisk(std::chrono::milliseconds witness_interval) {
    std::filesystem::create_directories(folder / "db");
    journal = storage::open_journal(
        folder, {.durability = Durability::process,
                 .history = {},
                 .seams = {.env = environment.get(), .witness_interval = witness_interval}});
  }

  TempFolder temp{memory_folder()};
  const std::filesystem::path folder = temp.path() / "store";
  FaultDisk disk{folder, 1};
  const std::unique_ptr<rocksdb::Env> environment = environment_of(disk);
  std::unique_ptr<storage::PersistentJournal> journal;
};

// Closing would flush the log, and the disk is full for a moment: each of the first, and then some.
TEST(ClosingOnAFullDisk, LosesNothing) {
  constexpr std::uint64_t kRows = 20;  // of a MiB each
  int closed_with_a_long_log = 0;
  bool struck = true;
  for (std::uint64_t at = 1; struck; at += 1 + at / 8) {
    JournalOnFaultDisk store(std::chrono::hours{1});
    for (std::uint64_t number = 1; number <= kRows; ++number) {
      HealthCheckResult health = health_of(id_of(number), ProxyStatus::banned, kStart);
      health.error_message = std::string(std::size_t{1} << 20, '!');
      store.journal->append(changes(storage::PutHealth{std::move(health)}), kStart);
    }
    store.journal->wait(store.journal->last());
    {
      const std::lock_guard lock(store.disk.mutex());
      store.disk.plan({.fault = Fault::full, .at = store.disk.ios() + at, .sticky = false});
    }
    const std::string failure = message_of<StorageError>([&] { store.journal->close(); });
    {
      const std::lock_guard lock(store.disk.mutex());
      struck = store.disk.has_struck();
      store.disk.heal();
    }
    if (failure == "no error") {
      closed_with_a_long_log += log_bytes(store.folder) >= kRows << 20;
    } else {
      EXPECT_NE(failure.find("the disk is full"), std::string::npos) << failure;
    }
    const auto journal = storage::open_journal(store.folder, {.history = {}});
    EXPECT_EQ(count_rows(journal->rows(), format::Table::health), kRows) << at;
  }
  EXPECT_GT(closed_with_a_long_log, 0);
}

// Which costs a write, and often wakes a thread.
TEST(AnnouncedObservers, ShareCommits) {
  struct Observer final : storage::CommitObserver {
    void settled(const std::string*) noexcept override { ++told; }
    std::atomic<int> told = 0;
  } observer;
  constexpr int kCalls = 200;
  int expected = 0;
  const auto writes_of = [&](bool announced) {
    JournalOnFaultDisk store(std::chrono::hours{1});
    storage::PersistentJournal& journal = *store.journal;
    const auto ios = [&] {
      const std::lock_guard lock(store.disk.mutex());
      return store.disk.ios();
    };
    const std::uint64_t before = ios();
    for (int call = 1; call <= kCalls; ++call) {
      const auto lease = active_lease(static_cast<std::uint64_t>(call));
      const auto ticket = journal.append(changes(storage::PutLease{lease}), kStart);
      expected += journal.tell(ticket, observer, announced);      // unless it is durable already
      const auto next = std::chrono::steady_clock::now() + 50us;  // longer than a commit
      while (std::chrono::steady_clock::now() < next) std::this_thread::yield();
    }
    journal.hurry();
    journal.wait(journal.last());
    return ios() - before;
  };
  const std::uint64_t alone = writes_of(false);
  const std::uint64_t together = writes_of(true);
  EXPECT_LT(2 * together, alone) << "of " << kCalls << " calls";
  EXPECT_EQ(observer.told, expected);
}

// What the disk failed to sync may be gone, though RocksDB was not told.
TEST(BackgroundSync, OnceItFailsNothingMoreIsWritten) {
  int refusals = 0;
  for (std::uint64_t io = 1; io <= 8; ++io) {
    JournalOnFaultDisk store(50ms);
    FaultDisk& disk = store.disk;
    storage::PersistentJournal& journal = *store.journal;
    const auto commit = [&](std::uint64_t number) {
      return message_of<StorageError>([&] {
        journal.wait(journal.append(changes(storage::PutLease{active_lease(number)}), kStart));
      });
    };
    ASSERT_EQ(commit(1), "no error");
    const auto is_struck = [&] {
      const std::lock_guard lock(disk.mutex());
      return disk.has_struck();
    };
    {
      const std::lock_guard lock(disk.mutex());
      disk.plan({Fault::error, disk.ios() + io, false});
    }
    for (int waits = 0; waits < 100 && !is_struck(); ++waits) std::this_thread::sleep_for(5ms);
    std::this_thread::sleep_for(5ms);
    const std::string failure = commit(2);
    if (failure == "no error") continue;  // it struck what writes the witness
    EXPECT_NE(failure.find("syncing what was written before has failed"), std::string::npos)
        << failure;
    EXPECT_NE(commit(3), "no error");
    EXPECT_THROW(journal.close(), StorageError);
    ++refusals;
  }
  EXPECT_GT(refusals, 0);
}

TEST_P(Reopening, DoesNothingWhenNoCommitHasFailed) {
  const auto before = disk_.ios();
  EXPECT_EQ(storage_->reopen(), std::nullopt);
  EXPECT_EQ(disk_.ios(), before);
  storage_->close();
  EXPECT_THROW(storage_->reopen(), StorageError);
}

TEST_P(Reopening, FromInsideAPredicateIsRefused) {
  ProxyFilters filters;
  filters.predicate = [&](const Proxy&) { return storage_->reopen().has_value(); };
  EXPECT_THROW(storage_->acquire("pool", "worker", 1h, filters), InvalidArgumentError);
}

TEST_P(Reopening, ThreadsGoOnWhateverFails) {
  std::atomic<bool> done = false;
  std::atomic<std::uint64_t> acquired = 0, failed = 0;
  std::vector<std::vector<Lease>> held(4);
  std::vector<std::thread> threads;
  for (std::vector<Lease>& mine : held) {
    threads.emplace_back([&] {
      std::uint64_t token = 0;
      while (!done) {
        try {
          if (mine.size() < 5) {
            const auto lease = storage_->acquire("pool", "worker", 1h);
            ASSERT_TRUE(lease);
            EXPECT_GT(lease->token, token);
            token = lease->token;
            mine.push_back(*lease);
            ++acquired;
          } else {
            const Lease lease = mine.back();
            mine.pop_back();  // first: if it fails, the lease may be there or not
            EXPECT_TRUE(storage_->release_lease(lease));
            EXPECT_TRUE(storage_->get_lease(lease.id));
          }
        } catch (const StorageError&) {
          ++failed;
          message_of<StorageError>([&] { storage_->reopen(); });  // the next one tries again
        }
      }
    });
  }
  for (int fault = 0; fault < 12; ++fault) {
    const std::uint64_t before = acquired;
    while (acquired < before + 20) std::this_thread::yield();
    const std::lock_guard lock(disk_.mutex());
    disk_.plan({fault % 2 == 0 ? Fault::error : Fault::short_write, disk_.ios() + 3, false});
  }
  const std::uint64_t before = acquired;
  while (acquired < before + 20) std::this_thread::yield();
  done = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(failed, 0u);
  for (const std::vector<Lease>& mine : held) {
    for (const Lease& lease : mine) {
      EXPECT_EQ(storage_->get_lease(lease.id)->status, LeaseStatus::active);
    }
  }
  EXPECT_EQ(storage_->validate(), std::nullopt);
}

}  // namespace
}  // namespace pharox::tests
