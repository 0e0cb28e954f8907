// The contract under threads: every call may be made from any of them.
#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "tests/contract/manager_test.h"

namespace pharox::tests {
namespace {

class Threads : public ManagerTest {
 protected:
  static void run(int count, const std::function<void(int)>& body) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < count; ++i) threads.emplace_back(body, i);
  }
};
PHAROX_FOR_EVERY_BACKEND(Threads);

TEST_P(Threads, SixtyFourThreadsOnOneExclusiveProxyAreNeverTwoHolders) {
  save_exclusive(1);
  std::atomic<int> holders = 0;
  std::atomic<int> most = 0;
  std::atomic<int> hits = 0;
  run(64, [&](int) {
    for (int i = 0; i < 100; ++i) {
      const std::optional<Lease> lease = manager().acquire_proxy(request());
      if (!lease) {
        std::this_thread::yield();
        continue;
      }
      const int now = ++holders;
      for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
      }
      ++hits;
      std::this_thread::yield();
      --holders;  // before the release, for another may hold it the moment after
      EXPECT_TRUE(manager().release_proxy(*lease));
    }
  });
  EXPECT_EQ(most, 1);
  EXPECT_GT(hits, 0);
  EXPECT_EQ(stats().total_leases, 0u);
}

TEST_P(Threads, LimitHoldsForEveryProxyAtEveryMoment) {
  for (std::uint32_t number = 1; number <= 4; ++number) {
    save(number, [&](Proxy& proxy) { proxy.max_concurrency = number; });
  }
  std::array<std::atomic<int>, 5> holders{};
  run(16, [&](int thread) {
    AcquireRequest asked = request();
    asked.selector = static_cast<SelectorStrategy>(thread % 3);
    for (int i = 0; i < 100; ++i) {
      const std::optional<Lease> lease = manager().acquire_proxy(asked);
      if (!lease) continue;
      const int number = lease->proxy_id.bytes[15];
      EXPECT_LE(++holders[number], number);
      --holders[number];
      EXPECT_TRUE(manager().release_proxy(*lease));
    }
  });
  EXPECT_EQ(stats().total_leases, 0u);
}

TEST_P(Threads, OneLeaseIsReleasedByOneOfMany) {
  save(1);
  for (int round = 0; round < 20; ++round) {
    const Lease lease = manager().acquire_proxy(request()).value();
    std::atomic<int> released = 0;
    run(8, [&](int) { released += manager().release_proxy(lease); });
    EXPECT_EQ(released, 1);
  }
}

TEST_P(Threads, RoundRobinSharesTheCursorEvenly) {
  if (!queues()) GTEST_SKIP() << "the cursor moves for lost races too";
  for (int number = 1; number <= 10; ++number) save(number);
  std::mutex mutex;
  std::map<Uuid, int> chosen;
  run(8, [&](int) {
    AcquireRequest asked = request();
    asked.selector = SelectorStrategy::round_robin;
    for (int i = 0; i < 50; ++i) {
      const Lease lease = manager().acquire_proxy(asked).value();
      const std::lock_guard lock(mutex);
      ++chosen[lease.proxy_id];
    }
  });
  for (int number = 1; number <= 10; ++number) EXPECT_EQ(chosen[id_of(number)], 40) << number;
}

TEST_P(Threads, TokensAndIdsAreUniqueAcrossThreads) {
  save(1);
  std::mutex mutex;
  std::map<std::uint64_t, Uuid> by_token;
  run(8, [&](int) {
    std::uint64_t last = 0;
    for (int i = 0; i < 100; ++i) {
      const Lease lease = manager().acquire_proxy(request()).value();
      EXPECT_GT(lease.token, last);
      last = lease.token;
      const std::lock_guard lock(mutex);
      EXPECT_TRUE(by_token.emplace(lease.token, lease.id).second);
    }
  });
  Uuid last;
  for (const auto& [token, id] : by_token) {  // ids are in order of acquisition, as tokens are
    EXPECT_LT(last, id);
    last = id;
  }
  reopen();
  EXPECT_EQ(stats().total_leases, 800u);
}

TEST_P(Threads, ConsumerIsCreatedByOneOfMany) {
  std::mutex mutex;
  std::map<Uuid, int> ids;
  run(16, [&](int) {
    const Uuid id = storage().ensure_consumer("shared");
    const std::lock_guard lock(mutex);
    ++ids[id];
  });
  EXPECT_EQ(ids.size(), 1u);
}

TEST_P(Threads, MixedLoadLeavesTheStoreValid) {
  storage().save_pool(pool_of(2'000'000, "other"));
  for (int number = 1; number <= 40; ++number) {
    save(number, [&](Proxy& proxy) {
      proxy.max_concurrency = number % 3 + 1;
      proxy.country = number % 2 == 0 ? "DE" : "FR";
    });
  }
  const auto one_step = [&](std::mt19937_64& random, std::vector<Lease>& mine) {
    const std::uint64_t number = random() % 40 + 1;
    switch (random() % 12) {
      case 0:
        storage().apply_health_check_result(
            health_of(id_of(number), random() % 4 == 0 ? ProxyStatus::slow : ProxyStatus::active,
                      clock.now().wall));
        break;
      case 1:
        storage().save_proxy(proxy_of(number, random() % 8 == 0 ? id_of(2'000'000) : pool.id));
        break;
      case 2:
        if (random() % 4 == 0) storage().delete_proxy(id_of(number));
        break;
      case 3:
        clock.advance(Duration{static_cast<std::int64_t>(random() % 1000)});
        manager().cleanup_expired_leases();
        break;
      case 4:
        EXPECT_LE(stats().leased_proxies, 41u);
        storage().list_leases(std::nullopt, LeaseStatus::active);
        break;
      case 5:
        if (!mine.empty()) manager().renew(mine.back(), 1ms);
        break;
      case 6:
        mine.push_back(storage().create_lease(id_of(number), kWorker, 1ms));
        break;
      case 7:
      case 8:
        if (!mine.empty()) {
          manager().release_proxy(mine.back());
          mine.pop_back();
        }
        break;
      default: {
        AcquireRequest asked = request(1ms);
        asked.selector = static_cast<SelectorStrategy>(random() % 3);
        if (random() % 2 == 0) asked.filters = ProxyFilters{.country = "DE"};
        if (const auto lease = manager().acquire_proxy(asked)) mine.push_back(*lease);
      }
    }
  };
  run(8, [&](int thread) {
    std::mt19937_64 random(static_cast<std::uint64_t>(thread));
    std::vector<Lease> mine;
    for (int i = 0; i < 400; ++i) {
      try {
        one_step(random, mine);
      } catch (const ProxyNotFoundError&) {  // another thread deleted it
      } catch (const ProxyUnavailableError&) {
      }
    }
  });
  const Contents before = contents();
  reopen();
  EXPECT_EQ(contents(), before);
}

}  // namespace
}  // namespace pharox::tests
