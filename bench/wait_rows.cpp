// Wait: how long after a release does the caller go on that waited for that proxy? Two threads hand
// one proxy to each other; the time is from the begin of the release to the return of the acquire,
// so that the commit of both is in it. Beside it: how long does the machine take to wake a thread
// at all, from the notification of a condition variable? And with coroutines on one thread: what
// does a hand-over cost?
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_awaitable.hpp>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

#include "bench/durable_rows.h"
#include "bench/fastest_cpu.h"
#include "bench/latencies.h"
#include "bench/stage.h"
#include "pharox/async.h"
#include "pharox/bootstrap.h"

namespace pharox::bench {
namespace {

using std::chrono::steady_clock;

// A store with one proxy that one can have at a time.
class OneProxyStore {
 public:
  OneProxyStore() {
    const OnAllCpus everywhere;
    RocksDbStorageOptions options;
    options.durability = Durability::process;
    storage_.emplace(folder_.file("store"), options);
    manager_.emplace(*storage_);
    Proxy proxy;
    proxy.host = "192.0.2.1";
    proxy.port = 8080;
    proxy.status = ProxyStatus::active;
    proxy.max_concurrency = 1;
    bootstrap_proxy(*storage_, request_.pool_name, proxy);
  }

  ProxyManager& manager() { return *manager_; }
  const AcquireRequest& request() const { return request_; }
  bool somebody_waits() {
    return storage_->get_pool_stats(request_.pool_name)->waiting_callers > 0;
  }

 private:
  const TemporaryFolder folder_;
  const AcquireRequest request_{.pool_name = "wait", .wait_for = std::chrono::hours{1}};
  std::optional<RocksDbStorage> storage_;
  std::optional<ProxyManager> manager_;
};

void hand_over_between_threads(benchmark::State& state, OneProxyStore& store,
                               std::size_t hand_overs) {
  const OnAllCpus everywhere;
  Latencies latencies;  // of whoever holds the proxy
  for (auto _ : state) {
    steady_clock::time_point released{};  // by the last holder; of whoever holds the proxy
    std::size_t left = hand_overs;        // the same
    std::atomic<bool> done = false;
    const auto take_turns = [&] {
      while (!done) {
        const Lease lease = store.manager().acquire_proxy(store.request()).value();
        if (released != steady_clock::time_point{}) {
          latencies.add(steady_clock::now() - released);
        }
        if (left-- == 0) done = true;
        while (!done && !store.somebody_waits()) std::this_thread::yield();
        released = done ? steady_clock::time_point{} : steady_clock::now();
        store.manager().release_proxy(lease);
        if (done) return;
      }
    };
    std::thread other(take_turns);
    take_turns();
    other.join();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(hand_overs));
  latencies.report(state);
}

// What a wake-up costs by itself: two threads in turn.
void wake_each_other(benchmark::State& state, std::size_t wake_ups) {
  const OnAllCpus everywhere;
  Latencies latencies;  // guarded by the mutex, like the rest
  for (auto _ : state) {
    std::mutex mutex;
    std::condition_variable turn_came;
    int turn = 0;
    std::size_t left = wake_ups;
    steady_clock::time_point notified = steady_clock::now();
    const auto take_turns = [&](int own) {
      std::unique_lock lock(mutex);
      while (left > 0) {
        turn_came.wait(lock, [&] { return turn == own || left == 0; });
        if (left == 0) break;
        latencies.add(steady_clock::now() - notified);
        --left;
        lock.unlock();
        // Until the other one sleeps.
        const auto asleep = steady_clock::now() + std::chrono::microseconds{20};
        while (steady_clock::now() < asleep) std::this_thread::yield();
        lock.lock();
        turn = 1 - own;
        notified = steady_clock::now();
        turn_came.notify_one();
      }
      turn_came.notify_one();
    };
    std::thread other(take_turns, 1);
    take_turns(0);
    other.join();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(wake_ups));
  latencies.report(state);
}

asio::awaitable<void> take_turns(AsyncProxyManager& proxies, const AcquireRequest& request,
                                 std::size_t& left) {
  while (left > 0) {
    const auto lease = co_await proxies.async_acquire_proxy(request, asio::use_awaitable);
    if (left > 0) --left;
    co_await proxies.async_release_proxy(lease.value(), asio::use_awaitable);
  }
}

void hand_over_between_coroutines(benchmark::State& state, OneProxyStore& store,
                                  std::size_t coroutines, std::size_t hand_overs) {
  const OnAllCpus everywhere;
  for (auto _ : state) {
    asio::io_context context(1);
    AsyncProxyManager proxies(context.get_executor(), store.manager());
    std::size_t left = hand_overs;
    for (std::size_t i = 0; i < coroutines; ++i) {
      asio::co_spawn(context, take_turns(proxies, store.request(), left),
                     [](const std::exception_ptr& error) {
                       if (error) std::rethrow_exception(error);
                     });
    }
    context.run();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(hand_overs));
}

}  // namespace

void add_wait_rows(const Scale& scale, const std::shared_ptr<Stage>& stage, Rows& rows) {
  const auto store = [stage]() -> OneProxyStore& {
    return stage->get("wait", [] { return std::make_unique<OneProxyStore>(); });
  };
  rows.push_back(durable_row_of_one(scale, "Wait/threads", 5'000,
                                    [store](benchmark::State& state, std::size_t hand_overs) {
                                      hand_over_between_threads(state, store(), hand_overs);
                                    }));
  rows.push_back(durable_row_of_one(scale, "Wait/raw/threads", 5'000, wake_each_other));
  rows.push_back(durable_row_of_one(scale, "Wait/coroutines/1024", 5'000,
                                    [store](benchmark::State& state, std::size_t hand_overs) {
                                      hand_over_between_coroutines(state, store(), 1'024,
                                                                   hand_overs);
                                    }));
}

}  // namespace pharox::bench
