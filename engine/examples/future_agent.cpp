// A thread that begins several acquires, does something else, and takes the results from futures.
#include <pharox/async.h>
#include <pharox/pharox.h>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>
#include <cstdio>
#include <exception>
#include <future>
#include <optional>
#include <thread>
#include <vector>

int main() {
  try {
    pharox::InMemoryStorage storage;
    for (std::uint16_t number = 1; number <= 8; ++number) {
      pharox::bootstrap_proxy(storage, "home",
                              {.host = "192.0.2." + std::to_string(number),
                               .port = 8080,
                               .status = pharox::ProxyStatus::active,
                               .max_concurrency = 1});
    }
    pharox::ProxyManager manager(storage);
    asio::io_context context;
    auto work = asio::make_work_guard(context);
    std::thread runner([&] { context.run(); });
    std::size_t leased = 0;
    {
      pharox::AsyncProxyManager proxies(context.get_executor(), manager);
      std::vector<std::future<std::optional<pharox::Lease>>> futures;
      for (int i = 0; i < 10; ++i) {
        futures.push_back(proxies.async_acquire_proxy({.pool_name = "home"}, asio::use_future));
      }
      for (auto& future : futures) {
        if (const auto lease = future.get()) {  // throws what the acquire failed with
          ++leased;
          proxies.async_release_proxy(*lease, asio::use_future).get();
        }
      }
    }
    work.reset();
    runner.join();
    std::printf("%zu of 10 got a proxy\n", leased);
    return leased == 8 ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "future_agent: %s\n", error.what());
    return 1;
  }
}
