// crash_worker FOLDER sync|process SEED: leases and releases from four threads until it is killed,
// and tells of every call on standard output. Part of the kill test.
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "pharox/pharox.h"
#include "tests/crash/events.h"

namespace pharox::tests {
namespace {

constexpr int kThreads = 4;
constexpr std::size_t kMostHeldByAThread = 6;

void lease_and_release(ProxyManager& manager, std::uint32_t thread, std::uint64_t seed) {
  std::mt19937_64 random(seed + thread);
  std::vector<Lease> held;
  const auto report = [&](EventKind kind, const Lease& lease) {
    // The reader is gone: nobody would learn what happens from here.
    if (!tell(STDOUT_FILENO, {kind, thread, lease.token, lease.id, lease.proxy_id})) _exit(0);
  };
  while (true) {
    if (held.empty() || (held.size() < kMostHeldByAThread && random() % 2 == 0)) {
      AcquireRequest request{.pool_name = "pool", .duration = std::chrono::hours{1}};
      request.selector = static_cast<SelectorStrategy>(random() % 3);
      report(EventKind::acquiring, Lease{});
      const std::optional<Lease> lease = manager.acquire_proxy(request);
      report(lease ? EventKind::acquired : EventKind::missed, lease.value_or(Lease{}));
      if (lease) held.push_back(*lease);
    } else {
      std::swap(held[random() % held.size()], held.back());
      const Lease lease = held.back();
      held.pop_back();
      report(EventKind::releasing, lease);
      if (!manager.release_proxy(lease)) std::abort();  // nobody else releases it
      report(EventKind::released, lease);
    }
  }
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
    RocksDbStorage storage(argv[1], options);
    ProxyManager manager(storage);
    std::vector<std::jthread> threads;
    for (std::uint32_t thread = 0; thread < tests::kThreads; ++thread) {
      threads.emplace_back(tests::lease_and_release, std::ref(manager), thread,
                           std::stoull(argv[3]));
    }
  } catch (const std::exception& error) {
    std::cerr << "crash_worker: " << error.what() << '\n';
    return 1;
  }
}
