// What only a store in a folder does: opening, closing, locking, reporting what it found.
#include <unistd.h>

#include <fstream>

#include "tests/contract/contract_test.h"

namespace pharox::tests {
namespace {

class RocksDbStore : public testing::Test {
 protected:
  RocksDbStorageOptions options() {
    RocksDbStorageOptions chosen;
    chosen.clock = &clock;
    chosen.background_reclaimer = false;
    chosen.durability = Durability::process;
    return chosen;
  }
  // Two proxies, three active leases, one ended lease.
  void fill() {
    RocksDbStorage storage(path, options());
    storage.save_pool(pool_of(9, "pool"));
    storage.ensure_consumer("worker");
    for (const int number : {1, 2}) storage.save_proxy(proxy_of(number, id_of(9)));
    for (const int seconds : {10, 20, 30}) storage.acquire("pool", "worker", seconds * 1s);
    storage.release_lease(storage.acquire("pool", "worker", 1h).value());
  }
  TempFolder folder;
  const std::filesystem::path path = folder.path() / "store";
  VirtualClock clock{kStart};
};

TEST_F(RocksDbStore, OpeningReportsWhatItFound) {
  fill();
  clock.advance(20s);
  const RocksDbStorage storage(path, options());
  const RecoveryReport& report = storage.recovery_report();
  EXPECT_EQ(report.pools, 1u);
  EXPECT_EQ(report.consumers, 1u);
  EXPECT_EQ(report.proxies, 2u);
  EXPECT_EQ(report.leases, 3u);
  EXPECT_EQ(report.due_leases, 2u);
  EXPECT_GT(report.elapsed, 0us);
}

TEST_F(RocksDbStore, NewStoreReportsNothing) {
  const RocksDbStorage storage(path, options());
  EXPECT_EQ(storage.recovery_report().proxies, 0u);
  EXPECT_EQ(storage.recovery_report().leases, 0u);
}

TEST_F(RocksDbStore, MissingStoreIsAnErrorWhenItMustExist) {
  RocksDbStorageOptions existing = options();
  existing.create_if_missing = false;
  EXPECT_THROW(RocksDbStorage(path, existing), StorageError);
  EXPECT_FALSE(std::filesystem::exists(path));
  fill();
  EXPECT_NO_THROW(RocksDbStorage(path, existing));
}

TEST_F(RocksDbStore, FolderOfSomebodyElseIsRefusedAndLeftAlone) {
  std::filesystem::create_directory(path);
  std::ofstream(path / "notes.txt") << "mine";
  EXPECT_THROW(RocksDbStorage(path, options()), StorageError);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(path), {}), 1);
}

TEST_F(RocksDbStore, SecondOpeningIsRefusedWhileTheFirstLives) {
  {
    const RocksDbStorage first(path, options());
    EXPECT_THROW(RocksDbStorage(path, options()), StoreLockedError);
  }
  EXPECT_NO_THROW(RocksDbStorage(path, options()));
}

TEST_F(RocksDbStore, EveryCallAfterCloseIsAStorageError) {
  fill();
  RocksDbStorage storage(path, options());
  const Lease lease = storage.acquire("pool", "worker", 1h).value();
  storage.close();
  storage.close();
  const std::function<void()> calls[] = {
      [&] { storage.ensure_consumer("worker"); },
      [&] { storage.find_available_proxy("pool"); },
      [&] { storage.create_lease(id_of(1), "worker", 1h); },
      [&] { storage.acquire("pool", "worker", 1h); },
      [&] { storage.release_lease(lease); },
      [&] { storage.end_lease(lease); },
      [&] { storage.renew_lease(lease, 1h); },
      [&] { storage.cleanup_expired_leases(); },
      [&] { storage.apply_health_check_result(health_of(id_of(1), ProxyStatus::slow, kStart)); },
      [&] { storage.get_last_health_result(id_of(1)); },
      [&] { storage.get_pool_stats("pool"); },
      [&] { storage.save_pool(pool_of(10, "other")); },
      [&] { storage.save_proxy(proxy_of(1, id_of(9))); },
      [&] { storage.add_proxies_bulk(std::vector{proxy_of(1, id_of(9))}); },
      [&] { storage.get_pool("pool"); },
      [&] { storage.get_pool(id_of(9)); },
      [&] { storage.get_proxy(id_of(1)); },
      [&] { storage.get_proxy_by_id(id_of(1)); },
      [&] { storage.get_lease(lease.id); },
      [&] { storage.list_pools(); },
      [&] { storage.list_consumers(); },
      [&] { storage.list_proxies("pool"); },
      [&] { storage.list_leases(); },
      [&] { storage.delete_proxy(id_of(1)); },
      [&] { storage.delete_pool(id_of(9)); },
  };
  for (std::size_t i = 0; i < std::size(calls); ++i) {
    EXPECT_THROW(calls[i](), StorageError) << "call " << i;
  }
}

TEST_F(RocksDbStore, ClosedStoreOpensWithAllThatWasThere) {
  RocksDbStorage storage(path, options());
  storage.save_pool(pool_of(9, "pool"));
  storage.close();
  EXPECT_EQ(RocksDbStorage(path, options()).list_pools().size(), 1u);
}

TEST_F(RocksDbStore, SyncStoreReadsWhatAProcessStoreWroteAndTheOtherWayRound) {
  fill();
  RocksDbStorageOptions sync = options();
  sync.durability = Durability::sync;
  Uuid id;
  {
    RocksDbStorage storage(path, sync);
    EXPECT_EQ(storage.get_pool_stats("pool")->total_leases, 3u);
    id = storage.acquire("pool", "worker", 1h)->id;
  }
  EXPECT_TRUE(RocksDbStorage(path, options()).get_lease(id));
}

TEST_F(RocksDbStore, CursorsAndTokensGoOnInEveryRun) {
  fill();
  std::uint64_t last = 0;
  for (int run = 0; run < 6; ++run) {
    RocksDbStorage storage(path, options());
    const Lease lease =
        storage.acquire("pool", "worker", 1h, {}, SelectorStrategy::round_robin).value();
    EXPECT_EQ(lease.proxy_id, id_of(run % 2 + 1));
    EXPECT_GT(lease.token, last);
    last = lease.token;
  }
}

// The one test of the reclaimer's thread, which goes by the real clock.
TEST_F(RocksDbStore, BackgroundReclaimerEndsLeasesThatNobodyAsksFor) {
  RocksDbStorageOptions real;
  real.durability = Durability::process;
  RocksDbStorage storage(path, real);
  storage.save_pool(pool_of(9, "pool"));
  storage.ensure_consumer("worker");
  storage.save_proxy(proxy_of(1, id_of(9)));
  const Lease lease = storage.acquire("pool", "worker", 50ms).value();
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (storage.get_pool_stats("pool")->total_leases > 0 &&
         std::chrono::steady_clock::now() < deadline) {
    usleep(5000);
  }
  const std::optional<Lease> ended = storage.get_lease(lease.id);
  EXPECT_EQ(ended->end_reason, EndReason::expired);
  EXPECT_GE(utc_now(), lease.expires_at);
  EXPECT_EQ(storage.validate(), std::nullopt);
}

}  // namespace
}  // namespace pharox::tests
