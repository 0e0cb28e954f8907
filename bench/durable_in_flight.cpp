#include "bench/durable_in_flight.h"

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_awaitable.hpp>
#include <exception>
#include <stdexcept>

#include "bench/fastest_cpu.h"
#include "pharox/async.h"

namespace pharox::bench {
namespace {

// Of so many acquires one is timed: the clock adds less than 1 % to their throughput.
constexpr std::size_t kTimedOf = 4;

struct Work {
  AsyncProxyManager& proxies;
  const AcquireRequest& request;
  std::size_t left;
  Latencies acquires{};
  std::exception_ptr failure{};
};

asio::awaitable<void> lease_and_release(Work& work) {
  while (work.left > 0) {
    const bool is_timed = --work.left % kTimedOf == 0;
    const auto start = is_timed ? Steady::now() : Steady::time_point{};
    const auto lease = co_await work.proxies.async_acquire_proxy(work.request, asio::use_awaitable);
    if (is_timed) work.acquires.add(Steady::now() - start);
    if (!lease) throw std::logic_error("no proxy is free");
    co_await work.proxies.async_release_proxy(*lease, asio::use_awaitable);
  }
}

}  // namespace

void run_pairs_in_flight(benchmark::State& state, DurableStore& store, std::size_t in_flight,
                         std::size_t pairs) {
  const OnAllCpus everywhere;
  Latencies acquires;
  for (auto _ : state) {
    state.PauseTiming();
    asio::io_context context(1);
    AsyncProxyManager proxies(context.get_executor(), store.manager());
    Work work{proxies, store.request(), pairs};
    for (std::size_t i = 0; i < in_flight; ++i) {
      asio::co_spawn(context, lease_and_release(work), [&work](const std::exception_ptr& error) {
        if (error) work.failure = error;
      });
    }
    state.ResumeTiming();
    context.run();
    if (work.failure) std::rethrow_exception(work.failure);
    acquires.merge(work.acquires);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(pairs));
  acquires.report(state, "acquire_");
}

}  // namespace pharox::bench
