// Contract of waiting: AcquireRequest::wait_for. Whoever comes free-handed queues, and is woken by
// whatever makes a match. (In which order, and against a model: tests/model/waiting_test.cpp.)
#include <atomic>
#include <future>
#include <thread>

#include "tests/contract/manager_test.h"

namespace pharox::tests {
namespace {

class Waits : public ManagerTest {
 protected:
  using Waiting = std::future<std::optional<Lease>>;

  static AcquireRequest waiting_request(Duration wait_for = 1h) {
    AcquireRequest asked = request();
    asked.wait_for = wait_for;
    return asked;
  }

  // Returns when the caller stands in the queue, where there is one.
  Waiting start(const AcquireRequest& asked) {
    const std::uint64_t before = stats().waiting_callers;
    Waiting waiting =
        std::async(std::launch::async, [this, asked] { return manager().acquire_proxy(asked); });
    while (queues() && stats().waiting_callers == before) std::this_thread::yield();
    return waiting;
  }
  Waiting start() { return start(waiting_request()); }
};
PHAROX_FOR_EVERY_BACKEND(Waits);

TEST_P(Waits, NobodyWaitsUnasked) {
  EXPECT_FALSE(manager().acquire_proxy(request()));
  EXPECT_EQ(stats().ended_waits, 0u);
}

TEST_P(Waits, WhatIsThereIsTakenAtOnce) {
  save_exclusive(1);
  EXPECT_TRUE(manager().acquire_proxy(waiting_request()));
  EXPECT_EQ(stats().ended_waits, 0u);
}

TEST_P(Waits, ANegativeTimeIsRefused) {
  save(1);
  const std::string text = text_of<InvalidArgumentError>(
      [&] { manager().acquire_proxy(waiting_request(Duration{-1})); });
  EXPECT_NE(text.find("wait_for"), text.npos) << text;
  EXPECT_EQ(stats().total_leases, 0u);
}

TEST_P(Waits, AnUnknownPoolIsNotWaitedFor) {
  AcquireRequest asked = waiting_request(queues() ? Duration{1h} : Duration{2ms});
  asked.pool_name = "nowhere";
  EXPECT_FALSE(manager().acquire_proxy(asked));
}

TEST_P(Waits, AReleaseWakes) {
  save_exclusive(1);
  const Lease held = manager().acquire_proxy(request()).value();
  Waiting waiting = start();
  manager().release_proxy(held);
  const auto lease = waiting.get();
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->proxy_id, id_of(1));
  EXPECT_GT(lease->token, held.token);
}

TEST_P(Waits, AnExpiryWakesAndTheLeaseBeginsThen) {
  save_exclusive(1);
  manager().acquire_proxy(request(1min)).value();
  Waiting waiting = start();
  clock.advance(1min);
  storage().cleanup_expired_leases();
  const auto lease = waiting.get();
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->acquired_at, kStart + 1min);
  EXPECT_EQ(lease->expires_at, kStart + 1min + kLeaseTime);
}

TEST_P(Waits, AHealthResultWakes) {
  save(1, [](Proxy& proxy) { proxy.status = ProxyStatus::slow; });
  Waiting waiting = start();
  HealthCheckResult result;
  result.proxy_id = id_of(1);
  result.status = ProxyStatus::active;
  result.protocol = ProxyProtocol::http;
  storage().apply_health_check_result(result);
  EXPECT_TRUE(waiting.get());
}

TEST_P(Waits, ANewProxyWakes) {
  Waiting waiting = start();
  save(1);
  EXPECT_TRUE(waiting.get());
}

TEST_P(Waits, ARaisedLimitWakes) {
  const Proxy proxy = save_exclusive(1);
  manager().acquire_proxy(request()).value();
  Waiting waiting = start();
  Proxy raised = proxy;
  raised.max_concurrency = 2;
  storage().save_proxy(raised);
  EXPECT_TRUE(waiting.get());
}

TEST_P(Waits, AProxyThatComesToMatchWakes) {
  const Proxy proxy = save(1);
  AcquireRequest asked = waiting_request();
  asked.filters = ProxyFilters{.country = "DE"};
  Waiting waiting = start(asked);
  Proxy moved = proxy;
  moved.country = "DE";
  storage().save_proxy(moved);
  EXPECT_TRUE(waiting.get());
}

TEST_P(Waits, WhoeverWaitsForSomethingElseIsPassedOver) {
  save_exclusive(1);
  const Lease held = manager().acquire_proxy(request()).value();
  AcquireRequest elsewhere = waiting_request(queues() ? Duration{1h} : Duration{100ms});
  elsewhere.filters = ProxyFilters{.country = "FR"};
  Waiting first = start(elsewhere);
  Waiting second = start();
  manager().release_proxy(held);
  EXPECT_TRUE(second.get());
  if (queues()) {
    EXPECT_EQ(stats().waiting_callers, 1u);
    save(2, [](Proxy& proxy) { proxy.country = "FR"; });
    EXPECT_TRUE(first.get());
  } else {
    EXPECT_FALSE(first.get());
  }
}

TEST_P(Waits, WhoeverDoesNotWaitCannotPushIn) {
  if (!queues()) GTEST_SKIP() << "it has no queue";
  save_exclusive(1);
  manager().acquire_proxy(request(1min)).value();
  Waiting waiting = start();
  clock.advance(1min);
  // This call is the one that reclaims the proxy, and yet it is not the one that gets it.
  EXPECT_FALSE(manager().acquire_proxy(request()));
  EXPECT_TRUE(waiting.get());
}

TEST_P(Waits, TheWaitEndsAtItsTime) {
  Waiting waiting = start(waiting_request(queues() ? Duration{10s} : Duration{20ms}));
  if (queues()) {
    clock.advance(10s - Duration{1});
    storage().cleanup_expired_leases();
    EXPECT_EQ(stats().waiting_callers, 1u);
    clock.advance(Duration{1});
    storage().cleanup_expired_leases();
  }
  EXPECT_FALSE(waiting.get());
  save(1);
  EXPECT_EQ(stats().total_leases, 0u) << "leased to somebody who has gone";
}

TEST_P(Waits, ADeletedPoolEndsTheWait) {
  Waiting waiting = start(waiting_request(queues() ? Duration{1h} : Duration{20ms}));
  storage().delete_pool(pool.id);
  EXPECT_FALSE(waiting.get());
  storage().save_pool(pool);
}

TEST_P(Waits, StatisticsCountThem) {
  if (!queues()) GTEST_SKIP() << "it has no queue";
  Waiting first = start(waiting_request(1min));
  Waiting second = start();
  EXPECT_EQ(stats().waiting_callers, 2u);
  clock.advance(1min);
  storage().cleanup_expired_leases();
  EXPECT_FALSE(first.get());
  clock.advance(30s);
  save(1);
  EXPECT_TRUE(second.get());
  EXPECT_EQ(stats().waiting_callers, 0u);
  EXPECT_EQ(stats().ended_waits, 2u);
  EXPECT_EQ(stats().wait_time, 2min + 30s);
}

TEST_P(Waits, EventsTellTheTimeInTheQueue) {
  save_exclusive(1);
  std::optional<Lease> held = manager().acquire_proxy(request());
  std::optional<AcquireEventPayload> event;
  manager().register_acquire_callback([&](const AcquireEventPayload& told) { event = told; });
  // Where there is no queue, nobody can see whether the caller has come before the release.
  do {
    Waiting waiting = start();
    std::this_thread::sleep_for(5ms);
    manager().release_proxy(*held);
    held = waiting.get();
    ASSERT_TRUE(held && event);
  } while (!queues() && event->times.queued == Duration{0});
  EXPECT_GT(event->times.queued, 1ms);
  EXPECT_GT(event->times.choosing.count(), 0);
  EXPECT_GE(event->duration, event->times.queued + event->times.choosing + event->times.committing);
}

TEST_P(Waits, APredicateThatThrowsReachesWhoeverWaits) {
  if (!queues()) GTEST_SKIP() << "it has no queue";
  AcquireRequest asked = waiting_request();
  asked.filters = ProxyFilters{};
  asked.filters->predicate = [](const Proxy&) -> bool { throw std::runtime_error("no"); };
  Waiting waiting = start(asked);
  save(1);  // not this caller
  EXPECT_THROW(waiting.get(), std::runtime_error);
  EXPECT_EQ(stats().total_leases, 0u);
}

// Every proxy is handed on from waiter to waiter; a lost wake-up would leave one waiting for ever.
TEST_P(Waits, ManyThreadsHandFewProxiesOn) {
  for (std::uint64_t number = 1; number <= 3; ++number) save_exclusive(number);
  std::atomic<int> most = 0, holders = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 16; ++thread) {
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i) {
          const auto lease = manager().acquire_proxy(waiting_request());
          ASSERT_TRUE(lease);
          const int now = ++holders;
          for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
          }
          --holders;
          EXPECT_TRUE(manager().release_proxy(*lease));
        }
      });
    }
  }
  EXPECT_LE(most, 3);
  EXPECT_EQ(stats().total_leases, 0u);
}

}  // namespace
}  // namespace pharox::tests
