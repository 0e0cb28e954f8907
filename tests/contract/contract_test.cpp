#include "tests/contract/contract_test.h"

#include "tests/contract/async_forms.h"

namespace pharox::tests {

void ContractTest::open() {
  if (GetParam() == Backend::rocksdb) {
    if (!folder_) folder_.emplace();
    RocksDbStorageOptions options;
    options.clock = &clock;
    options.background_reclaimer = false;
    options.history = history_;
    options.durability = Durability::process;
    storage_ = std::make_unique<RocksDbStorage>(folder_->path() / "store", options);
  } else {
    LeaseStorageOptions options;
    options.clock = &clock;
    options.background_reclaimer = false;
    options.history = history_;
    storage_ = std::make_unique<InMemoryStorage>(options);
  }
  seen_ = storage_.get();
  if (GetParam() == Backend::adapter) {
    adapter_ = std::make_unique<ForwardingStorage>(*storage_);
    seen_ = adapter_.get();
  } else if (GetParam() == Backend::async_forms) {
    adapter_ = std::make_unique<AsyncForms>(*storage_);
    seen_ = adapter_.get();
  }
}

void ContractTest::SetUp() {
  open();
  storage().save_pool(pool);
  storage().ensure_consumer(kWorker);
}

void ContractTest::TearDown() {
  if (storage_ == nullptr) return;
  EXPECT_EQ(storage_->validate(), std::nullopt);
}

void ContractTest::reopen() {
  if (GetParam() != Backend::rocksdb) return;
  EXPECT_EQ(storage_->validate(), std::nullopt);
  storage_.reset();
  open();
}

void ContractTest::reboot(Duration off) {
  ASSERT_EQ(GetParam(), Backend::rocksdb);
  storage_.reset();
  clock.reboot(off);
  open();
}

std::vector<Uuid> ContractTest::matching(const ProxyFilters& filters) {
  // Round robin passes every match once before it comes back to the first.
  std::vector<Uuid> ids;
  while (const auto proxy = find(filters, SelectorStrategy::round_robin)) {
    if (!ids.empty() && proxy->id == ids.front()) break;
    ids.push_back(proxy->id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

ContractTest::Contents ContractTest::contents() {
  Contents all;
  all.pools = storage().list_pools();
  all.consumers = storage().list_consumers();
  for (const ProxyPool& each : all.pools) {
    all.proxies.push_back(storage().list_proxies(each.name));
    all.stats.push_back(storage().get_pool_stats(each.name).value());
  }
  all.leases = storage().list_leases();
  return all;
}

std::string_view to_string(Backend backend) {
  switch (backend) {
    case Backend::in_memory:
      return "InMemory";
    case Backend::rocksdb:
      return "RocksDb";
    case Backend::adapter:
      return "Adapter";
    case Backend::async_forms:
      return "AsyncForms";
  }
  return "Unknown";
}

std::string backend_name(const testing::TestParamInfo<Backend>& info) {
  return std::string(to_string(info.param));
}

}  // namespace pharox::tests
