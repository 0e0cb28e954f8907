// crash_worker FOLDER sync|process SEED: leases and releases from four threads, and from many
// coroutines on a fifth, until it is killed, and tells of every call on standard output. Part of
// the kill test.
#include <unistd.h>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/use_awaitable.hpp>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "engine/rocksdb_seams.h"
#include "pharox/async.h"
#include "pharox/pharox.h"
#include "tests/crash/events.h"

namespace pharox::tests {
namespace {

constexpr std::uint32_t kThreads = 4;
constexpr std::uint32_t kCoroutines = 32;
constexpr std::size_t kMostHeldByAThread = 6;

// A caller with one call at a time under way, on a thread of its own or not.
class Caller {
 public:
  Caller(std::uint32_t number, std::uint64_t seed) : number_(number), random_(seed + number) {}

  // The next call: an acquire, or the release of a lease that it holds.
  bool wants_another() {
    return held_.empty() || (held_.size() < kMostHeldByAThread && random_() % 2 == 0);
  }
  AcquireRequest begin_acquire() {
    AcquireRequest request{.pool_name = "pool", .duration = std::chrono::hours{1}};
    request.selector = static_cast<SelectorStrategy>(random_() % 3);
    request.wait_for = Duration{static_cast<Duration::rep>(random_() % 2 * 2'000)};
    report(EventKind::acquiring, Lease{});
    return request;
  }
  void acquired(const std::optional<Lease>& lease) {
    report(lease ? EventKind::acquired : EventKind::missed, lease.value_or(Lease{}));
    if (lease) held_.push_back(*lease);
  }
  Lease begin_release() {
    std::swap(held_[random_() % held_.size()], held_.back());
    const Lease lease = held_.back();
    held_.pop_back();
    report(EventKind::releasing, lease);
    return lease;
  }
  void released(const Lease& lease, bool was_active) {
    if (!was_active) std::abort();  // nobody else releases it
    report(EventKind::released, lease);
  }

 private:
  void report(EventKind kind, const Lease& lease) const {
    // The reader is gone: nobody would learn what happens from here.
    if (!tell(STDOUT_FILENO, {kind, number_, lease.token, lease.id, lease.proxy_id})) _exit(0);
  }

  const std::uint32_t number_;
  std::mt19937_64 random_;
  std::vector<Lease> held_;
};

void call_and_wait(ProxyManager& manager, Caller caller) {
  while (true) {
    if (caller.wants_another()) {
      caller.acquired(manager.acquire_proxy(caller.begin_acquire()));
    } else {
      const Lease lease = caller.begin_release();
      caller.released(lease, manager.release_proxy(lease));
    }
  }
}

asio::awaitable<void> call_asynchronously(AsyncProxyManager& manager, Caller caller) {
  while (true) {
    if (caller.wants_another()) {
      const AcquireRequest request = caller.begin_acquire();
      caller.acquired(co_await manager.async_acquire_proxy(request, asio::use_awaitable));
    } else {
      const Lease lease = caller.begin_release();
      caller.released(lease, co_await manager.async_release_proxy(lease, asio::use_awaitable));
    }
  }
}

void run_coroutines(ProxyManager& manager, std::uint64_t seed) {
  asio::io_context context;
  AsyncProxyManager async(context.get_executor(), manager);
  for (std::uint32_t number = 0; number < kCoroutines; ++number) {
    asio::co_spawn(context, call_asynchronously(async, Caller(kThreads + number, seed)),
                   asio::detached);
  }
  context.run();
}

}  // namespace
}  // namespace pharox::tests

int main(int argc, char** argv) {
  using namespace pharox;
  if (argc != 4) {
    std::cerr << "usage: crash_worker FOLDER sync|process SEED\n";
    return 2;
  }
  try {
    RocksDbStorageOptions options;
    options.durability = std::string(argv[2]) == "sync" ? Durability::sync : Durability::process;
    options.create_if_missing = false;
    // Small logs: so that many are begun, and some are being begun when it is killed.
    const auto storage =
        engine::RocksDbSeams::open(argv[1], options, {.wal_bytes = std::size_t{128} << 10});
    ProxyManager manager(*storage);
    const std::uint64_t seed = std::stoull(argv[3]);
    std::vector<std::jthread> threads;
    for (std::uint32_t number = 0; number < tests::kThreads; ++number) {
      threads.emplace_back(tests::call_and_wait, std::ref(manager), tests::Caller(number, seed));
    }
    tests::run_coroutines(manager, seed);
  } catch (const std::exception& error) {
    std::cerr << "crash_worker: " << error.what() << '\n';
    return 1;
  }
}
