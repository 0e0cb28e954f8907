// The asynchronous operations: every completion token, the handler's associated things, errors,
// callbacks.
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/strand.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>
#include <thread>

#if __has_include(<asio/deferred.hpp>)
#include <asio/deferred.hpp>
namespace pharox::tests {
using asio::deferred;
}
#else
#include <asio/experimental/deferred.hpp>
namespace pharox::tests {
using asio::experimental::deferred;
}
#endif

#include "tests/async/async_frame.h"

namespace pharox::tests {
namespace {

class Operations : public AsyncTest {};
PHAROX_FOR_EVERY_FORM(Operations);

TEST_P(Operations, ACallbackGetsTheLeaseAndReleasesIt) {
  save_exclusive(1);
  Answer<std::optional<Lease>> acquired;
  async->async_acquire_proxy(request(), acquired.handler());
  EXPECT_EQ(acquired.calls, 0) << "called by whoever began the operation";
  context->run();
  ASSERT_TRUE(acquired.outcome);
  EXPECT_EQ(acquired.outcome->proxy_id, id_of(1));
  EXPECT_EQ(leases(), 1);

  context->restart();
  Answer<bool> released, again;
  async->async_release_proxy(*acquired.outcome, released.handler());
  context->run();
  context->restart();
  async->async_release_proxy(*acquired.outcome, again.handler());
  context->run();
  EXPECT_TRUE(released.outcome);
  EXPECT_FALSE(again.outcome);
  EXPECT_EQ(leases(), 0);
}

TEST_P(Operations, AMissIsNoError) {
  Answer<std::optional<Lease>> acquired;
  async->async_acquire_proxy(request(), acquired.handler());
  context->run();
  EXPECT_EQ(acquired.calls, 1);
  EXPECT_FALSE(acquired.error);
  EXPECT_FALSE(acquired.outcome);
}

TEST_P(Operations, AFutureHasTheLeaseOrThrows) {
  save_exclusive(1);
  auto lease = async->async_acquire_proxy(request(), asio::use_future);
  AcquireRequest refused = request();
  refused.duration = Duration{0};
  auto error = async->async_acquire_proxy(refused, asio::use_future);
  context->run();
  EXPECT_TRUE(lease.get());
  EXPECT_THROW(error.get(), InvalidLeaseError);
}

TEST_P(Operations, CoroutinesAcquireRenewAndRelease) {
  save_exclusive(1);
  bool done = false;
  const auto work = [&]() -> asio::awaitable<void> {
    auto lease = co_await async->async_acquire_proxy(request(), asio::use_awaitable);
    EXPECT_TRUE(lease);
    const auto renewed = co_await async->async_renew(*lease, 10min, asio::use_awaitable);
    EXPECT_TRUE(renewed && renewed->expires_at > lease->expires_at);
    EXPECT_TRUE(co_await async->async_release_proxy(*lease, asio::use_awaitable));
    EXPECT_FALSE(co_await async->async_renew(*lease, 10min, asio::use_awaitable));
    AcquireRequest nobody = request();
    nobody.consumer_name = "nobody";
    bool refused = false;
    try {
      co_await async->async_acquire_proxy(nobody, asio::use_awaitable);
    } catch (const ConsumerNotFoundError&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
    done = true;
  };
  asio::co_spawn(*context, work(), asio::detached);
  context->run();
  EXPECT_TRUE(done);
}

TEST_P(Operations, DeferredBeginsWhenItIsCalled) {
  save_exclusive(1);
  auto later = async->async_acquire_proxy(request(), deferred);
  context->run();
  EXPECT_EQ(leases(), 0);
  context->restart();
  Answer<std::optional<Lease>> acquired;
  std::move(later)(acquired.handler());
  context->run();
  EXPECT_TRUE(acquired.outcome);
}

TEST_P(Operations, TheHandlersExecutorIsUsed) {
  save_exclusive(1);
  asio::io_context other;
  Answer<std::optional<Lease>> acquired;
  async->async_acquire_proxy(request(),
                             asio::bind_executor(other.get_executor(), acquired.handler()));
  context->run();
  EXPECT_EQ(acquired.calls, 0);
  other.run();
  EXPECT_EQ(acquired.calls, 1);
  EXPECT_TRUE(acquired.outcome);
}

// Counts what it gives and gets back.
template <class T>
struct CountingAllocator {
  using value_type = T;
  explicit CountingAllocator(std::pair<int, int>& count) : counts(&count) {}
  template <class U>
  CountingAllocator(const CountingAllocator<U>& other) : counts(other.counts) {}
  T* allocate(std::size_t n) {
    ++counts->first;
    return std::allocator<T>().allocate(n);
  }
  void deallocate(T* memory, std::size_t n) {
    ++counts->second;
    std::allocator<T>().deallocate(memory, n);
  }
  friend bool operator==(const CountingAllocator&, const CountingAllocator&) = default;

  std::pair<int, int>* counts;
};

struct AllocatingHandler {
  using allocator_type = CountingAllocator<char>;
  allocator_type get_allocator() const { return allocator_type(*counts); }
  void operator()(std::exception_ptr, std::optional<Lease> lease) const {
    EXPECT_TRUE(lease);
    *given_back_before_the_call = counts->second;
  }
  std::pair<int, int>* counts;
  int* given_back_before_the_call;
};

TEST_P(Operations, TheHandlersAllocatorIsUsed) {
  save_exclusive(1);
  std::pair<int, int> counts;
  int given_back = 0;
  async->async_acquire_proxy(request(), AllocatingHandler{&counts, &given_back});
  context->run();
  EXPECT_GT(counts.first, 0);
  EXPECT_EQ(counts.first, counts.second);
  EXPECT_EQ(given_back, counts.first) << "the handler may begin another in the same memory";
}

TEST_P(Operations, RetriesGoOnUntilAProxyIsFree) {
  save_exclusive(1);
  const Lease held = manager->acquire_proxy(request()).value();
  Answer<std::optional<Lease>> acquired;
  int attempts = 0;
  manager->register_acquire_callback([&](const AcquireEventPayload& event) {
    ++attempts;
    EXPECT_EQ(event.pool_name, pool.name);
    if (attempts == 2) manager->release_proxy(held);
  });
  async->async_acquire_proxy_with_retry(request(), {.max_attempts = 5, .backoff = 1ms},
                                        acquired.handler());
  context->run();
  EXPECT_EQ(attempts, 3);
  EXPECT_TRUE(acquired.outcome);
}

TEST_P(Operations, AnInvalidPolicyIsRefusedBeforeTheFirstAttempt) {
  save_exclusive(1);
  Answer<std::optional<Lease>> acquired;
  async->async_acquire_proxy_with_retry(request(), {.max_attempts = 0}, acquired.handler());
  EXPECT_EQ(acquired.calls, 0);
  context->run();
  EXPECT_EQ(acquired.calls, 1);
  EXPECT_THROW(std::rethrow_exception(acquired.error), InvalidArgumentError);
  EXPECT_EQ(leases(), 0);
}

TEST_P(Operations, AScopedLeaseIsReleasedWhenItsScopeEnds) {
  save_exclusive(1);
  const auto work = [&]() -> asio::awaitable<void> {
    {
      const auto lease = co_await async->async_with_lease(request(), asio::use_awaitable);
      EXPECT_TRUE(lease);
      EXPECT_EQ(leases(), 1);
    }
    const RetryPolicy patient{.max_attempts = 100, .backoff = 1ms, .multiplier = 1};
    auto lease = co_await async->async_with_retrying_lease(request(), patient, asio::use_awaitable);
    EXPECT_TRUE(lease);
    EXPECT_TRUE(co_await lease.async_release(asio::use_awaitable));
    EXPECT_FALSE(lease);
  };
  asio::co_spawn(*context, work(), asio::detached);
  context->run();
  EXPECT_EQ(leases(), 0);
}

TEST_P(Operations, CallbacksRunOnTheHandlersExecutorAfterTheCommit) {
  save_exclusive(1);
  std::vector<std::string> events;
  const auto thread = std::this_thread::get_id();
  manager->register_acquire_callback([&](const AcquireEventPayload& event) {
    EXPECT_EQ(std::this_thread::get_id(), thread);
    EXPECT_EQ(event.pool_stats->total_leases, 1);
    EXPECT_GT(event.times.choosing.count(), 0);
    EXPECT_GE(event.duration, event.times.queued + event.times.choosing + event.times.committing);
    if (GetParam() == Form::rocksdb) {
      EXPECT_GT(event.times.committing.count(), 0);
    }
    events.emplace_back("acquired");
  });
  manager->register_release_callback([&](const ReleaseEventPayload& event) {
    EXPECT_EQ(std::this_thread::get_id(), thread);
    EXPECT_EQ(event.lease.status, LeaseStatus::released);
    events.emplace_back("released");
  });
  const auto work = [&]() -> asio::awaitable<void> {
    const auto lease = co_await async->async_acquire_proxy(request(), asio::use_awaitable);
    events.emplace_back("worked");
    co_await async->async_release_proxy(*lease, asio::use_awaitable);
    events.emplace_back("done");
  };
  asio::co_spawn(*context, work(), asio::detached);
  context->run();
  EXPECT_EQ(events, (std::vector<std::string>{"acquired", "worked", "released", "done"}));
}

TEST_P(Operations, WaitersAreServedByReleases) {
  save_exclusive(1);
  const Lease held = manager->acquire_proxy(request()).value();
  std::vector<int> order;
  // Outlives the coroutines that are made of it.
  const auto work = [this](int number, std::vector<int>& served) -> asio::awaitable<void> {
    const auto lease = co_await async->async_acquire_proxy(request(1min), asio::use_awaitable);
    EXPECT_TRUE(lease);
    served.push_back(number);
    co_await async->async_release_proxy(*lease, asio::use_awaitable);
  };
  for (int i = 0; i < 3; ++i) asio::co_spawn(*context, work(i, order), asio::detached);
  context->poll();
  EXPECT_TRUE(order.empty());
  if (GetParam() != Form::adapter) {
    EXPECT_EQ(waiting(), 3);
  }
  manager->release_proxy(held);
  context->run();
  if (GetParam() != Form::adapter) {
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
  } else {  // no queue there
    EXPECT_EQ(order.size(), 3u);
  }
}

TEST_P(Operations, AWaitEndsAtItsTime) {
  save_exclusive(1);
  const Lease held = manager->acquire_proxy(request()).value();
  Answer<std::optional<Lease>> acquired;
  const auto start = std::chrono::steady_clock::now();
  async->async_acquire_proxy(request(20ms), acquired.handler());
  context->run();
  EXPECT_GE(std::chrono::steady_clock::now() - start, 20ms);
  EXPECT_EQ(acquired.calls, 1);
  EXPECT_FALSE(acquired.error);
  EXPECT_FALSE(acquired.outcome);
}

TEST_P(Operations, ThousandsAreInFlightOnOneThread) {
  constexpr int kTasks = 1'000;
  for (int number = 1; number <= 10; ++number) save_exclusive(number);
  int done = 0;
  const auto work = [&]() -> asio::awaitable<void> {
    const auto lease = co_await async->async_with_lease(request(1min), asio::use_awaitable);
    EXPECT_TRUE(lease);
    ++done;
  };
  for (int i = 0; i < kTasks; ++i) asio::co_spawn(*context, work(), asio::detached);
  context->run();
  EXPECT_EQ(done, kTasks);
  EXPECT_EQ(leases(), 0);
}

TEST(AsyncManager, AForeignStorageNeedsAThreadPool) {
  InMemoryStorage storage;
  ForwardingStorage foreign(storage);
  ProxyManager manager(foreign);
  asio::io_context context;
  EXPECT_THROW(AsyncProxyManager(context.get_executor(), manager), InvalidArgumentError);
}

}  // namespace
}  // namespace pharox::tests
