// Whoever cancels, or goes away, never holds a lease: at every point at which an operation can be.
#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <thread>

#include "tests/async/async_frame.h"

namespace pharox::tests {
namespace {

class Cancellation : public AsyncTest {
 protected:
  // Runs until the handler was called.
  template <class Outcome>
  void run_until_called(const Answer<Outcome>& answer) {
    context->restart();
    while (answer.calls == 0 && context->run_one() > 0) {
    }
  }

  // One of them has a lease, or the time is over.
  asio::awaitable<void> race(Duration limit, int& wins) {
    using namespace asio::experimental::awaitable_operators;
    asio::steady_timer timer(*context, limit);
    auto result = co_await (async->async_acquire_proxy(request(), asio::use_awaitable) ||
                            timer.async_wait(asio::use_awaitable));
    if (result.index() != 0) co_return;
    const std::optional<Lease>& lease = std::get<0>(result);
    if (!lease) co_return;
    ++wins;
    co_await async->async_release_proxy(*lease, asio::use_awaitable);
  }

  asio::cancellation_signal signal;
};
PHAROX_FOR_EVERY_FORM(Cancellation);

TEST_P(Cancellation, BeforeTheCommitIsDone) {
  save_exclusive(1);
  Answer<std::optional<Lease>> acquired;
  async->async_acquire_proxy(request(),
                             asio::bind_cancellation_slot(signal.slot(), acquired.handler()));
  signal.emit(asio::cancellation_type::total);
  context->run();
  EXPECT_EQ(acquired.calls, 1);
  EXPECT_TRUE(acquired.was_aborted());
  EXPECT_FALSE(acquired.outcome);
  EXPECT_EQ(leases(), 0);
}

TEST_P(Cancellation, BetweenTheCommitAndTheHandler) {
  save_exclusive(1);
  Answer<std::optional<Lease>> acquired;
  async->async_acquire_proxy(request(),
                             asio::bind_cancellation_slot(signal.slot(), acquired.handler()));
  while (leases() == 0) std::this_thread::yield();
  std::this_thread::sleep_for(5ms);  // the commit is done, the delivery waits for its executor
  signal.emit(asio::cancellation_type::terminal);
  context->run();
  EXPECT_EQ(acquired.calls, 1);
  EXPECT_TRUE(acquired.was_aborted());
  EXPECT_EQ(leases(), 0);
}

TEST_P(Cancellation, InTheQueue) {
  save_exclusive(1);
  const Lease held = manager->acquire_proxy(request()).value();
  Answer<std::optional<Lease>> first, second;
  async->async_acquire_proxy(request(1h),
                             asio::bind_cancellation_slot(signal.slot(), first.handler()));
  context->poll();
  async->async_acquire_proxy(request(1h), second.handler());
  signal.emit(asio::cancellation_type::partial);
  run_until_called(first);
  EXPECT_TRUE(first.was_aborted());
  manager->release_proxy(held);
  run_until_called(second);
  EXPECT_TRUE(second.outcome) << "the proxy went to somebody who had gone";
  EXPECT_EQ(leases(), 1);
}

TEST_P(Cancellation, GrantedButNotYetTold) {
  save_exclusive(1);
  const Lease held = manager->acquire_proxy(request()).value();
  Answer<std::optional<Lease>> acquired;
  async->async_acquire_proxy(request(1h),
                             asio::bind_cancellation_slot(signal.slot(), acquired.handler()));
  context->poll();
  manager->release_proxy(held);
  while (leases() == 0) std::this_thread::yield();
  signal.emit(asio::cancellation_type::total);
  context->run();
  EXPECT_TRUE(acquired.was_aborted());
  EXPECT_EQ(leases(), 0);
}

TEST_P(Cancellation, DuringARetrysBackOff) {
  Answer<std::optional<Lease>> acquired;
  async->async_acquire_proxy_with_retry(
      request(), {.max_attempts = 2, .backoff = 1h},
      asio::bind_cancellation_slot(signal.slot(), acquired.handler()));
  asio::steady_timer timer(*context, 20ms);
  timer.async_wait([&](auto) { signal.emit(asio::cancellation_type::total); });
  context->run();
  EXPECT_EQ(acquired.calls, 1);
  EXPECT_TRUE(acquired.was_aborted());
}

TEST_P(Cancellation, AfterTheHandlerNothingHappens) {
  save_exclusive(1);
  Answer<std::optional<Lease>> acquired;
  async->async_acquire_proxy(request(),
                             asio::bind_cancellation_slot(signal.slot(), acquired.handler()));
  context->run();
  signal.emit(asio::cancellation_type::total);
  context->restart();
  context->run();
  EXPECT_EQ(acquired.calls, 1);
  EXPECT_TRUE(acquired.outcome);
  EXPECT_EQ(leases(), 1);
}

TEST_P(Cancellation, AReleaseGoesOn) {
  save_exclusive(1);
  const Lease held = manager->acquire_proxy(request()).value();
  Answer<bool> released;
  async->async_release_proxy(held, asio::bind_cancellation_slot(signal.slot(), released.handler()));
  signal.emit(asio::cancellation_type::total);
  context->run();
  EXPECT_FALSE(released.error);
  EXPECT_TRUE(released.outcome);
  EXPECT_EQ(leases(), 0);
}

// The race that users write, decided at every moment of it.
TEST_P(Cancellation, TheLoserOfARaceHoldsNothing) {
  save_exclusive(1);
  int won = 0;
  for (int i = 0; i < 200; ++i) {
    asio::co_spawn(*context, race(Duration{i * 5}, won), asio::detached);
    context->restart();
    context->run();
    ASSERT_EQ(leases(), 0) << "after a limit of " << i * 5 << " us";
  }
  EXPECT_GT(won, 0);
}

// The context goes with everything in it, at every number of steps that it may have run.
TEST_P(Cancellation, AContextThatEndsLeavesNoLease) {
  for (int number = 1; number <= 4; ++number) save_exclusive(number);
  for (int steps = 0; steps < 40; ++steps) {
    context = std::make_unique<asio::io_context>();
    async = std::make_unique<AsyncProxyManager>(context->get_executor(), *manager, blocking);
    const auto work = [this]() -> asio::awaitable<void> {
      for (;;) {
        auto lease = co_await async->async_with_lease(request(1h), asio::use_awaitable);
        co_await lease.async_release(asio::use_awaitable);
      }
    };
    for (int i = 0; i < 8; ++i) asio::co_spawn(*context, work(), asio::detached);
    for (int step = 0; step < steps; ++step) context->run_one();
    context.reset();
    while (leases() > 0) std::this_thread::yield();  // released, and nobody waits for that
    if (GetParam() != Form::adapter) {
      ASSERT_EQ(waiting(), 0);
    }
  }
}

TEST_P(Cancellation, AStoppedContextKeepsNothingWhenItEnds) {
  save_exclusive(1);
  Answer<std::optional<Lease>> acquired;
  async->async_acquire_proxy(request(), acquired.handler());
  while (leases() == 0) std::this_thread::yield();
  std::this_thread::sleep_for(5ms);  // posted, and never run
  context.reset();
  while (leases() > 0) std::this_thread::yield();
  EXPECT_EQ(acquired.calls, 0);
}

TEST_P(Cancellation, ClosingTheStoreEndsWaitsInOrder) {
  if (GetParam() == Form::adapter) GTEST_SKIP() << "it has no queue";
  save_exclusive(1);
  const Lease held = manager->acquire_proxy(request()).value();
  std::vector<int> order;
  for (int number = 0; number < 5; ++number) {
    async->async_acquire_proxy(request(1h), [&, number](const std::exception_ptr& error, auto) {
      EXPECT_THROW(std::rethrow_exception(error), StorageError);
      order.push_back(number);
    });
  }
  close();
  context->run();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
}

}  // namespace
}  // namespace pharox::tests
