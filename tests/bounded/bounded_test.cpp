// A store costs what it holds, not what ever happened in it: one that has leased and released many
// times is held against one that has done so only as often as its history is long.
//
// PHAROX_PAIRS: how often the old store leases and releases.
#include <gtest/gtest.h>
#include <rocksdb/perf_context.h>
#include <rocksdb/perf_level.h>

#include <algorithm>
#include <chrono>
#include <iomanip>
#include <thread>
#include <vector>

#include "format/persisted.h"
#include "pharox/pharox.h"
#include "storage/persistent_journal.h"
#include "tests/fixtures/environment.h"
#include "tests/fixtures/records.h"
#include "tests/fixtures/temp_folder.h"

namespace pharox::tests {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kHistory = 10'000;
constexpr std::uint64_t kProxies = 1'000;
constexpr std::uint64_t kHeld = 200;  // active leases when a store is looked at
constexpr std::uint64_t kThreads = 4;

// An opening takes in what the WAL has, at most 64 MiB of it, and flushes what is remembered of it;
// what is not leaves a tombstone each, until that file is merged with the others. Behind that a
// store has the history, and as much again in each file that has not been merged yet.
constexpr std::uint64_t kUnmergedRows = 8 * kHistory;
constexpr std::uint64_t kUnmergedBytes = kUnmergedRows * 256;
constexpr std::uint64_t kWalTombstones = 150'000;
constexpr double kReplayMs = 800;
constexpr double kNoiseMs = 30;

struct Cost {
  double replay_ms = 0;          // of the first opening
  std::uint64_t bytes = 0;       // of all files after it
  std::uint64_t rows = 0;        // in all tables
  std::uint64_t tombstones = 0;  // stepped over by a walk through all tables
  double opening_ms = 0;
};

std::ostream& operator<<(std::ostream& out, const Cost& cost) {
  return out << std::fixed << std::setprecision(1) << "first open in " << cost.replay_ms
             << " ms; then " << static_cast<double>(cost.bytes) / (1 << 20) << " MiB, " << cost.rows
             << " rows, " << cost.tombstones << " tombstones, open in " << cost.opening_ms << " ms";
}

class BoundedStore : public testing::Test {
 protected:
  static RocksDbStorageOptions options() {
    RocksDbStorageOptions chosen;
    chosen.durability = Durability::process;
    chosen.background_reclaimer = false;
    chosen.history.max_leases = kHistory;
    return chosen;
  }

  static void lease_and_release(RocksDbStorage& storage, std::uint64_t pairs) {
    std::vector<std::thread> threads;
    for (std::uint64_t thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, share = pairs / kThreads + (thread < pairs % kThreads)] {
        for (std::uint64_t i = 0; i < share; ++i) {
          const auto lease =
              storage.acquire("pool", "worker", 1h, {}, SelectorStrategy::least_used);
          ASSERT_TRUE(lease);
          ASSERT_TRUE(storage.release_lease(*lease));
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  // A store that has leased and released so often, and holds kHeld leases.
  fs::path store_after(std::uint64_t pairs, const std::string& name) {
    fs::path folder = folder_.path() / name;
    RocksDbStorage storage(folder, options());
    storage.save_pool(pool_of(100, "pool"));
    storage.ensure_consumer("worker");
    std::vector<Proxy> proxies;
    for (std::uint64_t i = 1; i <= kProxies; ++i) proxies.push_back(proxy_of(100 + i, id_of(100)));
    storage.add_proxies_bulk(proxies);
    lease_and_release(storage, pairs - kHeld);
    for (std::uint64_t i = 0; i < kHeld; ++i) storage.acquire("pool", "worker", 1h);
    storage.close();
    return folder;
  }

  static double opening_ms(const fs::path& folder) {
    const auto start = std::chrono::steady_clock::now();
    RocksDbStorage storage(folder, options());
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    EXPECT_EQ(storage.recovery_report().leases, kHeld);
    storage.close();
    return took.count();
  }

  static Cost cost_of(const fs::path& folder) {
    Cost cost;
    cost.replay_ms = opening_ms(folder);
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file()) cost.bytes += entry.file_size();
    }
    const auto reader = storage::StoreReader::open(folder);
    rocksdb::SetPerfLevel(rocksdb::kEnableCount);
    rocksdb::get_perf_context()->Reset();
    for (const auto& [table, name] : format::kTables) {
      reader->visit(table, {}, [&](auto, auto) { return ++cost.rows, true; });
    }
    cost.tombstones = rocksdb::get_perf_context()->internal_delete_skipped_count;
    rocksdb::SetPerfLevel(rocksdb::kDisable);
    std::vector<double> openings;
    for (int i = 0; i < 3; ++i) openings.push_back(opening_ms(folder));
    std::ranges::sort(openings);
    cost.opening_ms = openings[1];
    return cost;
  }

  TempFolder folder_;
};

TEST_F(BoundedStore, ManyPairsLeaveItAsLargeAndAsFastToOpenAsFewDo) {
  const std::uint64_t pairs = number_from_environment("PHAROX_PAIRS", 80'000);
  const Cost young = cost_of(store_after(2 * kHistory, "young"));
  const auto start = std::chrono::steady_clock::now();
  const fs::path old_store = store_after(pairs, "old");
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const Cost old = cost_of(old_store);
  std::cout << "after " << 2 * kHistory << " pairs: " << young << "\nafter " << pairs
            << " pairs: " << old << ", made in " << took.count() << " s" << std::endl;
  EXPECT_LE(old.replay_ms, 3 * young.replay_ms + kReplayMs);
  EXPECT_LE(old.rows, young.rows + kUnmergedRows);
  EXPECT_LE(old.bytes, young.bytes + kUnmergedBytes);
  EXPECT_LE(old.tombstones, young.tombstones + kWalTombstones);
  EXPECT_LE(old.opening_ms, 2 * young.opening_ms + kNoiseMs);
}

}  // namespace
}  // namespace pharox::tests
