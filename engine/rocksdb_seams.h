// The way in for tests that put a file system of their own underneath a RocksDbStorage.
#pragma once

#include <filesystem>
#include <memory>

#include "pharox/rocksdb_storage.h"
#include "storage/persistent_journal.h"

namespace pharox::engine {

class RocksDbSeams {
 public:
  // As the public constructor. What `seams` points at must outlive the storage.
  static std::unique_ptr<RocksDbStorage> open(const std::filesystem::path& folder,
                                              const RocksDbStorageOptions& options,
                                              const storage::DatabaseSeams& seams);
};

}  // namespace pharox::engine
