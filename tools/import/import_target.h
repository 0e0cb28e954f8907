// What the importer writes to: a store, or nothing at all.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "pharox/lease_storage.h"
#include "pharox/pool.h"
#include "pharox/proxy.h"

namespace pharox::tools {

class ImportTarget {
 public:
  virtual ~ImportTarget() = default;

  // The pool with this name, created when missing.
  virtual ProxyPool ensure_pool(const std::string& name) = 0;
  virtual std::optional<Proxy> find_proxy(const Uuid& id) = 0;
  // All or nothing.
  virtual void save(std::span<const Proxy> proxies) = 0;
  // Throws StorageError when something could not be written.
  virtual void close() = 0;
};

// Opens, or creates, the store. Throws as RocksDbStorage does.
std::unique_ptr<ImportTarget> open_store_target(const std::string& store, bool accept_loss);

// Writes into a storage that somebody else owns and closes.
std::unique_ptr<ImportTarget> target_in(LeaseStorage& storage);

// Reads the store, where there is one, and remembers what would have been written. Works beside a
// process that has the store open.
std::unique_ptr<ImportTarget> open_dry_run_target(const std::string& store);

}  // namespace pharox::tools
