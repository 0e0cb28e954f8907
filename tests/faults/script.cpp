#include "tests/faults/script.h"

#include <algorithm>

#include "engine/rocksdb_seams.h"
#include "tests/fixtures/records.h"

namespace pharox::tests {
namespace {

constexpr std::uint64_t kPools = 3;
constexpr std::uint64_t kProxies = 30;
constexpr std::uint64_t kSetUpSteps = 8;

// As often as it is written, it can be wrong.
constexpr std::chrono::milliseconds kWitnessInterval{5};
// Small enough that the script flushes, compacts and changes its WAL some times.
constexpr std::size_t kWalBytes = std::size_t{32} << 10;

Uuid pool_id(std::uint64_t number) { return id_of(1000 + number % kPools); }
std::string pool_name(std::uint64_t number) { return "pool " + std::to_string(number % kPools); }

}  // namespace

Script::Script(std::filesystem::path folder, Durability durability, rocksdb::Env* env)
    : folder_(std::move(folder)), durability_(durability), env_(env), clock_(kStart) {}

void Script::open() {
  RocksDbStorageOptions options;
  options.durability = durability_;
  options.clock = &clock_;
  options.id_seed = 1000 * ++openings_;
  options.history.max_leases = 12;  // trimmed all the time
  storage_ = engine::RocksDbSeams::open(
      folder_, options,
      {.env = env_, .wal_bytes = kWalBytes, .witness_interval = kWitnessInterval});
}

void Script::recover() {
  if (storage_) {
    storage_->reopen();
  } else {
    open();
  }
  held_ = storage_->list_leases({}, LeaseStatus::active);
}

bool Script::is_closing(std::uint64_t step) { return step > kSetUpSteps && step % 61 == 0; }

void Script::step(std::uint64_t step) {
  if (step == 1) return open();
  if (is_closing(step)) {
    const std::unique_ptr<RocksDbStorage> closing = std::move(storage_);
    return closing->close();
  }
  if (is_closing(step - 1)) return open();
  random_.seed(step);
  try {
    step <= kSetUpSteps ? set_up(step) : change(step);
  } catch (const StorageError&) {
    throw;
  } catch (const PharoxError&) {
    // Refused: nothing has changed.
  }
}

void Script::set_up(std::uint64_t step) {
  if (step < 2 + kPools) return storage_->save_pool({pool_id(step), pool_name(step), "to lease"});
  if (step < 4 + kPools) {
    storage_->ensure_consumer("consumer " + std::to_string(step % 2));
    return;
  }
  std::vector<Proxy> proxies;
  for (std::uint64_t number = 1; number <= kProxies; ++number) {
    proxies.push_back(proxy_of(number, pool_id(number)));
    proxies.back().max_concurrency = 1 + number % 3;
  }
  storage_->add_proxies_bulk(proxies);
}

void Script::keep(const std::optional<Lease>& lease) {
  if (!lease) return;
  highest_token_ = std::max(highest_token_, lease->token);
  held_.push_back(*lease);
}

std::optional<Lease> Script::take_one() {
  if (held_.empty()) return std::nullopt;
  std::swap(held_[random_() % held_.size()], held_.back());
  const Lease lease = held_.back();
  held_.pop_back();
  return lease;
}

Proxy Script::random_proxy() {
  Proxy proxy = proxy_of(1 + random_() % kProxies, pool_id(random_()));
  proxy.checked_at = clock_.now().wall;
  proxy.source = std::string(200, static_cast<char>('a' + random_() % 26));  // fills the WAL
  proxy.city = "city " + std::to_string(random_() % 5);
  proxy.max_concurrency = 1 + random_() % 3;
  return proxy;
}

std::string Script::random_pool() { return pool_name(random_()); }

void Script::change(std::uint64_t step) {
  const auto selector = static_cast<SelectorStrategy>(step % 3);
  const std::string consumer = "consumer " + std::to_string(random_() % 2);
  // Now and then nobody holds a lease: tokens have to rise all the same.
  if (step % 70 > 50) {
    if (const auto lease = take_one()) storage_->release_lease(*lease);
    return;
  }
  switch (random_() % 16) {
    case 0:
    case 1:
    case 2:
    case 3:
      return keep(storage_->acquire(random_pool(), consumer, 5min, {}, selector));
    case 4:
      return keep(storage_->acquire(random_pool(), consumer, 20s, {}, selector));
    case 5:
      return keep(storage_->create_lease(id_of(1 + random_() % kProxies), consumer, 5min));
    case 6:
    case 7:
      if (const auto lease = take_one()) storage_->release_lease(*lease);
      return;
    case 8:
      if (const auto lease = take_one()) keep(storage_->renew_lease(*lease, 10min));
      return;
    case 9:
      storage_->apply_health_check_result(health_of(id_of(1 + random_() % kProxies),
                                                    static_cast<ProxyStatus>(random_() % 2),
                                                    clock_.now().wall));
      return;
    case 10:
      return storage_->save_proxy(random_proxy());
    case 11: {
      std::vector<Proxy> proxies(15);
      std::generate(proxies.begin(), proxies.end(), [&] { return random_proxy(); });
      return storage_->add_proxies_bulk(proxies);
    }
    case 12:
      storage_->find_available_proxy(random_pool(), {}, SelectorStrategy::round_robin);
      return;
    case 13:
      storage_->ensure_consumer("consumer " + std::to_string(random_() % 6));
      return;
    case 14:
      clock_.advance(15s);
      storage_->cleanup_expired_leases();
      return;
    default:
      if (step % 3 != 0) return storage_->delete_proxy(id_of(1 + random_() % kProxies));
      if (step % 2 == 0) return storage_->delete_pool(pool_id(random_()));
      for (std::uint64_t pool = 0; pool < kPools; ++pool) {
        // One that was deleted comes back; a pool that is there stays as it is: one change a step.
        const auto pools = storage_->list_pools();
        const bool is_there = std::any_of(pools.begin(), pools.end(), [&](const ProxyPool& each) {
          return each.id == pool_id(pool);
        });
        if (is_there && pool + 1 < kPools) continue;
        return storage_->save_pool({pool_id(pool), pool_name(pool), std::to_string(step)});
      }
  }
}

std::uint64_t Script::new_token() {
  const Uuid pool = id_of(9999), proxy = id_of(9999);
  storage_->save_pool({pool, "tokens", {}});
  storage_->ensure_consumer("token taker");
  storage_->save_proxy(proxy_of(9999, pool));
  const Lease lease = storage_->create_lease(proxy, "token taker", 1h);
  storage_->delete_pool(pool);
  return lease.token;
}

}  // namespace pharox::tests
