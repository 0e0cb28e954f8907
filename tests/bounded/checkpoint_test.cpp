// A copy of a store in use is a store of its own, and shows one moment of the order.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "pharox/clock.h"
#include "pharox/pharox.h"
#include "pharox/rocksdb_storage.h"
#include "tests/fixtures/environment.h"
#include "tests/fixtures/records.h"
#include "tests/fixtures/temp_folder.h"

namespace pharox::tests {
namespace {

namespace fs = std::filesystem;

class Checkpoint : public testing::Test {
 protected:
  static RocksDbStorageOptions options() {
    RocksDbStorageOptions chosen;
    chosen.durability = Durability::process;
    chosen.background_reclaimer = false;
    chosen.history.max_leases = 10'000'000;  // every lease is looked for in the copies
    return chosen;
  }
  static void fill(RocksDbStorage& storage) {
    storage.save_pool(pool_of(100, "pool"));
    storage.ensure_consumer("worker");
    for (int i = 1; i <= 20; ++i) {
      Proxy proxy = proxy_of(i, id_of(100));
      proxy.max_concurrency = 1;
      storage.save_proxy(proxy);
    }
  }
  std::size_t names_in_folder() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()));
  }

  TempFolder folder_;
  const fs::path store_ = folder_.path() / "store";
  const fs::path copy_ = folder_.path() / "copy";
};

TEST_F(Checkpoint, CopyHoldsWhatTheStoreHeldAndGoesItsOwnWay) {
  RocksDbStorage storage(store_, options());
  fill(storage);
  const Lease ended = storage.acquire("pool", "worker", 1h).value();
  ASSERT_TRUE(storage.release_lease(ended));
  const Lease held = storage.acquire("pool", "worker", 1h).value();
  storage.checkpoint(copy_);
  ASSERT_TRUE(storage.release_lease(held));  // not in the copy any more

  RocksDbStorage copy(copy_, options());
  EXPECT_EQ(copy.list_proxies("pool").size(), 20u);
  EXPECT_EQ(copy.get_lease(ended.id)->status, LeaseStatus::released);
  EXPECT_EQ(copy.get_lease(held.id), held);
  EXPECT_GT(copy.acquire("pool", "worker", 1h)->token, held.token);
  EXPECT_EQ(copy.validate(), std::nullopt);
  copy.close();
  EXPECT_EQ(storage.validate(), std::nullopt);
  EXPECT_EQ(storage.list_leases({}, LeaseStatus::active).size(), 0u);
}

TEST_F(Checkpoint, AnEmptyFolderMayBecomeTheCopy) {
  RocksDbStorage storage(store_, options());
  fill(storage);
  fs::create_directory(copy_);
  storage.checkpoint(copy_);
  EXPECT_EQ(RocksDbStorage(copy_, options()).list_proxies("pool").size(), 20u);
}

TEST_F(Checkpoint, RefusedCopiesLeaveNothingAndDisturbNothing) {
  RocksDbStorage storage(store_, options());
  fill(storage);
  fs::create_directory(copy_);
  std::ofstream(copy_ / "notes.txt") << "mine";
  std::ofstream(folder_.path() / "file") << "mine";
  const std::size_t before = names_in_folder();
  EXPECT_THROW(storage.checkpoint(copy_), StorageError);
  EXPECT_THROW(storage.checkpoint(folder_.path() / "file"), StorageError);
  EXPECT_THROW(storage.checkpoint(folder_.path() / "file" / "copy"), StorageError);
  EXPECT_THROW(storage.checkpoint(store_), StorageError);
  EXPECT_THROW(storage.checkpoint(store_ / "copy"), StorageError);
  EXPECT_EQ(names_in_folder(), before);
  EXPECT_TRUE(storage.acquire("pool", "worker", 1h));
  storage.close();
  EXPECT_THROW(storage.checkpoint(folder_.path() / "late"), StorageError);
  EXPECT_FALSE(fs::exists(folder_.path() / "late"));
}

// Each thread leases and releases in turn and waits for each answer; what it was told stands here
// before it goes on.
class Told {
 public:
  void acquired(const Lease& lease) {
    const std::lock_guard lock(mutex_);
    leases_[lease.token] = {lease.id, false};
  }
  void released(const Lease& lease) {
    const std::lock_guard lock(mutex_);
    leases_[lease.token].second = true;
  }
  std::map<std::uint64_t, std::pair<Uuid, bool>> all() {
    const std::lock_guard lock(mutex_);
    return leases_;
  }

 private:
  std::mutex mutex_;
  std::map<std::uint64_t, std::pair<Uuid, bool>> leases_;  // by token: is it released?
};

void expect_a_moment_of_the_order(RocksDbStorage& copy,
                                  const std::map<std::uint64_t, std::pair<Uuid, bool>>& told,
                                  std::uint64_t consumers) {
  for (const auto& [token, lease] : told) {
    const auto found = copy.get_lease(lease.first);
    ASSERT_TRUE(found) << "lease " << token << " was acknowledged and is not in the copy";
    if (lease.second) {
      EXPECT_EQ(found->status, LeaseStatus::released) << "of lease " << token;
    }
  }
  // Tokens are given out in the order of the changes: a copy that has one has all before it. And a
  // consumer asks for its next lease only when it has given back the last one.
  std::set<std::uint64_t> tokens;
  std::map<Uuid, std::pair<std::uint64_t, bool>> last_of;
  for (const Lease& lease : copy.list_leases({}, {})) {
    tokens.insert(lease.token);
    const bool active = lease.status == LeaseStatus::active;
    auto& [last, is_active] = last_of[lease.consumer_id];
    EXPECT_FALSE(is_active && lease.token > last) << "a lease before " << lease.token << " is held";
    EXPECT_FALSE(active && lease.token < last) << "lease " << lease.token << " is held again";
    if (lease.token > last) last_of[lease.consumer_id] = {lease.token, active};
  }
  ASSERT_FALSE(tokens.empty());
  EXPECT_EQ(*tokens.rbegin() - *tokens.begin() + 1, tokens.size()) << "a lease is missing";
  EXPECT_EQ(*tokens.begin(), 1u);
  EXPECT_LE(copy.list_leases({}, LeaseStatus::active).size(), consumers);
  EXPECT_EQ(copy.validate(), std::nullopt);
}

TEST_F(Checkpoint, UnderLoadItIsAMomentOfTheOrderAndHasEverythingAcknowledged) {
  constexpr std::uint64_t kLeasingThreads = 4;
  const std::uint64_t copies = number_from_environment("PHAROX_COPIES", 8);
  RocksDbStorage storage(store_, options());
  fill(storage);
  Told told;
  std::atomic<bool> stop = false;
  std::vector<std::jthread> threads;
  for (std::uint64_t i = 0; i < kLeasingThreads; ++i) {
    const std::string consumer = "worker-" + std::to_string(i);
    storage.ensure_consumer(consumer);
    threads.emplace_back([&, consumer] {
      while (!stop) {
        const auto lease = storage.acquire("pool", consumer, 1h);
        if (!lease) continue;
        told.acquired(*lease);
        storage.release_lease(*lease);
        told.released(*lease);
      }
    });
  }
  struct Copy {
    fs::path folder;
    std::map<std::uint64_t, std::pair<Uuid, bool>> told;
  };
  std::vector<Copy> made;
  for (std::uint64_t i = 0; i < copies; ++i) {
    std::this_thread::sleep_for(20ms);
    made.push_back({folder_.path() / ("copy-" + std::to_string(i)), told.all()});
    storage.checkpoint(made.back().folder);
  }
  stop = true;
  threads.clear();
  std::size_t beyond = 0;
  for (const Copy& each : made) {
    SCOPED_TRACE(each.folder);
    RocksDbStorage copy(each.folder, options());
    expect_a_moment_of_the_order(copy, each.told, kLeasingThreads);
    beyond += copy.list_leases({}, {}).size() - each.told.size();
  }
  std::cout << copies << " copies, the last of " << made.back().told.size()
            << " acknowledged leases; " << beyond << " leases made during the calls" << std::endl;
  EXPECT_GT(made.back().told.size(), made.front().told.size()) << "there was no load";
}

}  // namespace
}  // namespace pharox::tests
