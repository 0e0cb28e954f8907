// The kill test: a worker with four threads and many coroutines is killed at a random moment, again
// and again, and each time the store must hold all that was acknowledged, and nothing that was not
// asked for.
//
// PHAROX_SEED repeats the choices (not the moments, which the machine has a say in),
// PHAROX_KILL_ROUNDS sets the number of rounds.
#include <gtest/gtest.h>

#include <iostream>
#include <random>

#include "pharox/pharox.h"
#include "tests/crash/ledger.h"
#include "tests/crash/worker_process.h"
#include "tests/fixtures/environment.h"
#include "tests/fixtures/records.h"
#include "tests/fixtures/temp_folder.h"

namespace pharox::tests {
namespace {

constexpr std::uint64_t kDefaultRounds = 200;

// Fewer places than its callers can hold, so that they meet at the limits.
void fill(const std::filesystem::path& folder) {
  RocksDbStorage storage(folder);
  storage.save_pool(pool_of(100, "pool"));
  for (std::uint64_t number = 1; number <= 10; ++number) {
    Proxy proxy = proxy_of(number, id_of(100));
    proxy.max_concurrency = static_cast<std::uint32_t>(1 + number % 3);
    storage.save_proxy(proxy);
  }
}

class KillTest : public testing::Test {
 protected:
  // One round: the worker runs, is killed, the store is opened and checked. Returns how many calls
  // had been acknowledged.
  std::size_t round(const std::string& durability) {
    WorkerProcess worker(folder_, durability, random_());
    if (random_() % 10 == 0) {  // sometimes while it is still opening the store
      worker.listen_for(std::chrono::microseconds{random_() % 10'000});
    } else {
      worker.await_first_answer();
      worker.listen_for(std::chrono::microseconds{random_() % 30'000});
    }
    EXPECT_TRUE(worker.kill()) << "the worker ended by itself";

    const Ledger ledger(worker.events());
    logs_made_ahead_ += std::filesystem::exists(folder_ / "db" / "next-log");
    RocksDbStorage storage(folder_);
    EXPECT_EQ(ledger.contradiction(storage), std::nullopt);
    check_tokens(storage, ledger);
    for (const Lease& lease : storage.list_leases({}, LeaseStatus::active)) {
      EXPECT_TRUE(storage.release_lease(lease));
    }
    EXPECT_EQ(storage.validate(), std::nullopt);
    return ledger.acknowledged();
  }

  void check_tokens(RocksDbStorage& storage, const Ledger& ledger) {
    storage.ensure_consumer("checker");
    storage.save_proxy(proxy_of(11, id_of(100)));  // unlimited, so that it is free
    const Lease lease = storage.create_lease(id_of(11), "checker", std::chrono::hours{1});
    highest_token_ = std::max(highest_token_, ledger.highest_token());
    EXPECT_GT(lease.token, highest_token_);
    highest_token_ = lease.token;
    storage.delete_proxy(id_of(11));
  }

  const std::uint64_t seed_ = announced_seed();
  std::mt19937_64 random_{seed_};
  // In memory, where there is such a place: what a kill leaves does not depend on the disk, and the
  // rounds are short.
  TempFolder temp_{memory_folder()};
  const std::filesystem::path folder_ = temp_.path() / "store";
  std::uint64_t highest_token_ = 0;
  std::uint64_t logs_made_ahead_ = 0;  // rounds that were killed when there was one
};

TEST_F(KillTest, NoAcknowledgedLeaseOrReleaseIsLost) {
  fill(folder_);
  const std::uint64_t rounds = number_from_environment("PHAROX_KILL_ROUNDS", kDefaultRounds);
  std::size_t acknowledged = 0;
  for (std::uint64_t i = 0; i < rounds; ++i) {
    const std::string durability = i % 2 == 0 ? "sync" : "process";
    SCOPED_TRACE("round " + std::to_string(i) + ", " + durability +
                 ", PHAROX_SEED=" + std::to_string(seed_));
    acknowledged += round(durability);
    if (HasFailure()) return;
  }
  std::cout << rounds << " kills, " << acknowledged << " acknowledged calls, " << logs_made_ahead_
            << " logs made ahead" << std::endl;
  if (rounds >= kDefaultRounds) {
    EXPECT_GT(logs_made_ahead_, 0u);
  }
  EXPECT_GT(acknowledged, rounds) << "the worker hardly worked: nothing was tested";
}

}  // namespace
}  // namespace pharox::tests
