#include "tools/import/import_target.h"

#include <functional>
#include <unordered_map>
#include <utility>

#include "format/codec.h"
#include "format/keys.h"
#include "pharox/rocksdb_storage.h"
#include "tools/import/stable_id.h"
#include "tools/output.h"
#include "tools/store_view.h"

namespace pharox::tools {

namespace {

ProxyPool new_pool(const std::string& name) {
  return {.id = stable_pool_id(name), .name = name, .description = {}};
}

class StorageTarget final : public ImportTarget {
 public:
  StorageTarget(LeaseStorage& storage, std::function<void()> close)
      : storage_(storage), close_(std::move(close)) {}

  ProxyPool ensure_pool(const std::string& name) override {
    for (ProxyPool& pool : storage_.list_pools()) {
      if (pool.name == name) return std::move(pool);
    }
    ProxyPool pool = new_pool(name);
    storage_.save_pool(pool);
    return pool;
  }

  std::optional<Proxy> find_proxy(const Uuid& id) override { return storage_.get_proxy_by_id(id); }
  void save(std::span<const Proxy> proxies) override { storage_.add_proxies_bulk(proxies); }
  void close() override { close_(); }

 private:
  LeaseStorage& storage_;
  const std::function<void()> close_;
};

class DryRunTarget final : public ImportTarget {
 public:
  explicit DryRunTarget(const std::string& store) {
    if (is_store_there(store)) view_ = std::make_unique<StoreView>(store);
  }

  ProxyPool ensure_pool(const std::string& name) override {
    if (view_) {
      if (auto pool = view_->find_pool(name)) return *pool;
    }
    return new_pool(name);
  }

  std::optional<Proxy> find_proxy(const Uuid& id) override {
    if (const auto saved = saved_.find(id); saved != saved_.end()) return saved->second;
    return view_ ? view_->find_proxy(id) : std::nullopt;
  }

  void save(std::span<const Proxy> proxies) override {
    for (const Proxy& proxy : proxies) saved_.insert_or_assign(proxy.id, proxy);
  }

  void close() override {}

 private:
  std::unique_ptr<StoreView> view_;
  std::unordered_map<Uuid, Proxy> saved_;
};

}  // namespace

std::unique_ptr<ImportTarget> open_store_target(const std::string& store, bool accept_loss) {
  RocksDbStorageOptions options;
  options.accept_loss = accept_loss;
  options.background_reclaimer = false;  // nothing but the list is to change
  options.log = note_line;
  const auto storage = std::make_shared<RocksDbStorage>(store, options);
  note_losses(storage->recovery_report().losses, storage->recovery_report().lost_changes);
  return std::make_unique<StorageTarget>(*storage, [storage] { storage->close(); });
}

std::unique_ptr<ImportTarget> target_in(LeaseStorage& storage) {
  return std::make_unique<StorageTarget>(storage, [] {});
}

std::unique_ptr<ImportTarget> open_dry_run_target(const std::string& store) {
  return std::make_unique<DryRunTarget>(store);
}

}  // namespace pharox::tools
