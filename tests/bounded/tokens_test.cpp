// Fencing tokens rise over the whole life of a store, also when nothing is left of the leases that
// had them: no history is kept, and each round ends with no lease active.
//
// Each round is a process of its own, and three of four end as kill -9 ends one: at once, with the
// store open.
//
// PHAROX_TOKEN_ROUNDS: how many. PHAROX_SEED: the seed.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <filesystem>
#include <iostream>
#include <random>

#include "pharox/pharox.h"
#include "tests/fixtures/environment.h"
#include "tests/fixtures/records.h"
#include "tests/fixtures/temp_folder.h"

namespace pharox::tests {
namespace {

// Leases and gives back, tells the highest token. Throws when one is not above those before it.
void lease_for_a_while(const std::filesystem::path& store, std::uint64_t highest,
                       std::uint64_t seed, int answers) {
  std::mt19937_64 random(seed);
  RocksDbStorageOptions options;
  options.durability = Durability::process;
  options.background_reclaimer = false;
  options.history.max_leases = 0;
  RocksDbStorage storage(store, options);
  storage.save_pool(pool_of(100, "pool"));
  storage.ensure_consumer("worker");
  storage.save_proxy(proxy_of(1, id_of(100)));
  if (!storage.list_leases().empty()) throw std::logic_error("a lease is left");
  for (std::uint64_t i = random() % 40; i > 0; --i) {
    const Lease lease = storage.acquire("pool", "worker", 1h).value();
    if (lease.token <= highest) {
      throw std::logic_error("token " + std::to_string(lease.token) + " after " +
                             std::to_string(highest));
    }
    highest = lease.token;
    if (random() % 8 == 0) {
      storage.delete_proxy(id_of(1));
      storage.save_proxy(proxy_of(1, id_of(100)));
    } else {
      storage.release_lease(lease);
    }
  }
  if (random() % 4 == 0) storage.close();
  if (::write(answers, &highest, sizeof highest) != sizeof highest) throw std::logic_error("pipe");
  ::_exit(0);
}

TEST(Tokens, RiseOverAllCrashesThoughNoLeaseAndNoHistoryIsLeft) {
  const std::uint64_t seed = announced_seed();
  const std::uint64_t rounds = number_from_environment("PHAROX_TOKEN_ROUNDS", 30);
  const TempFolder folder;
  std::uint64_t highest = 0;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      try {
        lease_for_a_while(folder.path() / "store", highest, seed + round, ends[1]);
      } catch (const std::exception& error) {
        std::cerr << error.what() << std::endl;
      }
      ::_exit(1);
    }
    ::close(ends[1]);
    const ssize_t told = ::read(ends[0], &highest, sizeof highest);
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(told == sizeof highest && status == 0) << "round " << round;
  }
  EXPECT_GT(highest, rounds);
}

}  // namespace
}  // namespace pharox::tests
