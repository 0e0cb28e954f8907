// An agent of 1,000 tasks on one thread: each leases a proxy, works through it and gives it back,
// many times. Nobody keeps a thread while it waits for the disk or for a proxy; the commits of all
// tasks share their fdatasync.
//
//   coroutine_agent FOLDER
#include <pharox/async.h>
#include <pharox/pharox.h>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <cstdio>
#include <exception>

using namespace std::chrono_literals;
using asio::use_awaitable;

namespace {

constexpr int kTasks = 1'000;
constexpr int kRounds = 5;

// Stands for a request that is sent through the proxy.
asio::awaitable<void> fetch_through(const pharox::Lease&) {
  asio::steady_timer timer(co_await asio::this_coro::executor, 1ms);
  co_await timer.async_wait(use_awaitable);
}

asio::awaitable<void> work(pharox::AsyncProxyManager& proxies, int& fetched) {
  // Nothing free? Then queue: first come, first served. (It has a name because g++ 12 destroys
  // twice what is made of braces within a co_await expression.)
  const pharox::AcquireRequest request{.pool_name = "home", .wait_for = 30s};
  for (int round = 0; round < kRounds; ++round) {
    auto lease = co_await proxies.async_with_lease(request, use_awaitable);
    if (!lease) continue;
    co_await fetch_through(*lease);
    ++fetched;
  }  // and the lease is released, also by an exception
}

void add_some_proxies(pharox::IStorage& storage) {
  const pharox::ProxyPool pool = pharox::bootstrap_pool(storage, "home");
  if (!storage.list_proxies(pool.name).empty()) return;  // it was run before
  for (std::uint16_t number = 1; number <= 100; ++number) {
    pharox::bootstrap_proxy(storage, "home",
                            {.host = "192.0.2." + std::to_string(number),
                             .port = 8080,
                             .status = pharox::ProxyStatus::active,
                             .max_concurrency = 2});
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: coroutine_agent FOLDER\n");
    return 2;
  }
  try {
    pharox::RocksDbStorage storage(argv[1]);
    add_some_proxies(storage);
    pharox::ProxyManager manager(storage);
    asio::io_context context;
    pharox::AsyncProxyManager proxies(context.get_executor(), manager);
    int fetched = 0;
    for (int task = 0; task < kTasks; ++task) {
      asio::co_spawn(context, work(proxies, fetched), [](const std::exception_ptr& error) {
        if (error) std::rethrow_exception(error);
      });
    }
    context.run();
    std::printf("%d tasks on one thread fetched %d times\n", kTasks, fetched);
    return fetched == kTasks * kRounds ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "coroutine_agent: %s\n", error.what());
    return 1;
  }
}
