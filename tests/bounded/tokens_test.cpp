// Fencing tokens rise over the whole life of a store.
//
// PHAROX_TOKEN_ROUNDS: how often it is opened. PHAROX_SEED: the seed.
#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <utility>

#include "pharox/pharox.h"
#include "pharox/rocksdb_storage.h"
#include "tests/fixtures/environment.h"
#include "tests/fixtures/records.h"
#include "tests/fixtures/temp_folder.h"

namespace pharox::tests {
namespace {

// A copy of the files of an open store is what a process that is killed leaves behind.
TEST(Tokens, RiseOverAllCrashesThoughNoLeaseAndNoHistoryIsLeft) {
  std::mt19937_64 random(announced_seed());
  const std::uint64_t rounds = number_from_environment("PHAROX_TOKEN_ROUNDS", 40);
  TempFolder folder;
  RocksDbStorageOptions options;
  options.durability = Durability::process;
  options.background_reclaimer = false;
  options.history.max_leases = 0;
  std::uint64_t highest = 0;
  std::filesystem::path store = folder.path() / "0";
  for (std::uint64_t round = 1; round <= rounds; ++round) {
    RocksDbStorage storage(store, options);
    storage.save_pool(pool_of(100, "pool"));
    storage.ensure_consumer("worker");
    storage.save_proxy(proxy_of(1, id_of(100)));
    ASSERT_TRUE(storage.list_leases({}, {}).empty());
    for (std::uint64_t i = random() % 40; i > 0; --i) {
      const Lease lease = storage.acquire("pool", "worker", 1h).value();
      ASSERT_GT(lease.token, highest) << "round " << round;
      highest = lease.token;
      if (random() % 8 == 0) {
        storage.delete_proxy(id_of(1));
        storage.save_proxy(proxy_of(1, id_of(100)));
      } else {
        ASSERT_TRUE(storage.release_lease(lease));
      }
    }
    const std::filesystem::path next = folder.path() / std::to_string(round);
    if (random() % 4 == 0) storage.close();
    std::filesystem::copy(store, next, std::filesystem::copy_options::recursive);
    std::filesystem::remove_all(std::exchange(store, next));
  }
}

}  // namespace
}  // namespace pharox::tests
