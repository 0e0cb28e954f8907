// The fixture of the contract suite: every test runs over every backend, on a virtual clock, in a
// store that has one empty pool and one consumer. After each test the store is validated.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "pharox/pharox.h"
#include "tests/fixtures/forwarding_storage.h"
#include "tests/fixtures/records.h"
#include "tests/fixtures/temp_folder.h"

namespace pharox::tests {

enum class Backend {
  in_memory,
  rocksdb,
  adapter,      // what a user's own IStorage is: it inherits every default of the interface
  async_forms,  // in memory, called through the asynchronous forms
};

constexpr std::string_view kPool = "pool";
constexpr std::string_view kWorker = "worker";
constexpr Duration kLeaseTime = 5min;

class ContractTest : public testing::TestWithParam<Backend> {
 protected:
  ContractTest() = default;
  explicit ContractTest(const HistoryLimits& history) : history_(history) {}

  void SetUp() override;
  void TearDown() override;

  IStorage& storage() { return *seen_; }

  // Whether callers can wait in a queue there.
  static bool queues() {
    return GetParam() == Backend::in_memory || GetParam() == Backend::rocksdb;
  }

  // Closes the store and opens it again. A store that forgets has nothing to reopen: there the test
  // goes on with it, and whatever holds after reopening holds all the more.
  void reopen();
  // The same with a restart of the machine in between, which takes `off`. Only for stores that do
  // not forget.
  void reboot(Duration off);

  // Saves a proxy of the pool: active and checked at kStart unless `change` says otherwise.
  template <class Change>
  Proxy save(std::uint64_t number, Change change) {
    Proxy proxy = proxy_of(number, pool.id);
    change(proxy);
    storage().save_proxy(proxy);
    return proxy;
  }
  Proxy save(std::uint64_t number) {
    return save(number, [](Proxy&) {});
  }
  // One that can be leased only once at a time.
  Proxy save_exclusive(std::uint64_t number) {
    return save(number, [](Proxy& proxy) { proxy.max_concurrency = 1; });
  }

  std::optional<Lease> acquire(const ProxyFilters& filters = {},
                               SelectorStrategy selector = SelectorStrategy::first_available) {
    return storage().acquire(kPool, kWorker, kLeaseTime, filters, selector);
  }
  std::optional<Lease> acquire(SelectorStrategy selector) { return acquire({}, selector); }
  std::optional<Lease> acquire_for(Duration duration) {
    return storage().acquire(kPool, kWorker, duration, {}, SelectorStrategy::first_available);
  }
  std::optional<Proxy> find(const ProxyFilters& filters = {},
                            SelectorStrategy selector = SelectorStrategy::first_available) {
    return storage().find_available_proxy(kPool, filters, selector);
  }
  PoolStatsSnapshot stats() { return storage().get_pool_stats(kPool).value(); }

  // The ids of the proxies that match, in ascending order, found by leasing none of them.
  std::vector<Uuid> matching(const ProxyFilters& filters);

  // Everything a caller can read, to show that a refused call changed nothing.
  struct Contents {
    std::vector<ProxyPool> pools;
    std::vector<Consumer> consumers;
    std::vector<std::vector<Proxy>> proxies;
    std::vector<Lease> leases;
    std::vector<PoolStatsSnapshot> stats;
    friend bool operator==(const Contents&, const Contents&) = default;
  };
  Contents contents();

  VirtualClock clock{kStart};
  const ProxyPool pool = pool_of(1'000'000, std::string(kPool));

 private:
  void open();

  HistoryLimits history_;
  std::optional<TempFolder> folder_;
  std::unique_ptr<LeaseStorage> storage_;
  std::unique_ptr<ForwardingStorage> adapter_;
  IStorage* seen_ = nullptr;  // the adapter, or the storage itself
};

// How test names and messages show it.
std::string_view to_string(Backend backend);
inline void PrintTo(Backend backend, std::ostream* out) { *out << to_string(backend); }
std::string backend_name(const testing::TestParamInfo<Backend>& info);

// The error's text when `call` throws exactly `Error`; otherwise the test fails.
template <class Error, class Call>
std::string text_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(typeid(error), typeid(Error)) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

}  // namespace pharox::tests

#define PHAROX_FOR_EVERY_BACKEND(suite)                                                            \
  INSTANTIATE_TEST_SUITE_P(Over, suite,                                                            \
                           testing::Values(Backend::in_memory, Backend::rocksdb, Backend::adapter, \
                                           Backend::async_forms),                                  \
                           backend_name)
