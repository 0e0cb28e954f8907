// From RocksDB's statuses to our errors.
#pragma once

#include <rocksdb/status.h>

#include <filesystem>
#include <string_view>

namespace pharox::storage {

// Throws unless `status` is ok: CorruptionError for damaged and missing files, StoreLockedError
// when another program has RocksDB's own lock, else StorageError. The message names the operation
// ("commit to"), the path and the reason.
void check(const rocksdb::Status& status, std::string_view operation,
           const std::filesystem::path& path);

}  // namespace pharox::storage
