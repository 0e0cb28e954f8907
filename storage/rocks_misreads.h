// Keeps a misread from being taken for what a file holds: bytes that no checksum covers soon enough
// are read twice.
//
// Logs and manifests may end early, as a power loss leaves them. So RocksDB takes a length, a type
// or a checksum that was misread for their end, and then deletes for good what it has not seen; its
// strictest recovery mode too ends a log at a type that recycled logs have. CURRENT has no checksum
// at all. What is read from front to back is therefore read twice, and two readings that differ are
// an error of the file system, which RocksDB, other than damage of a log, never steps over.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <cstdint>
#include <memory>
#include <string>

namespace pharox::storage {

// The environment `env` with files that are read twice from front to back.
std::unique_ptr<rocksdb::Env> read_twice(rocksdb::Env& env);

// An error unless the file gives `first` again at `offset`.
rocksdb::IOStatus read_again(rocksdb::FSRandomAccessFile& file, std::uint64_t offset,
                             const rocksdb::Slice& first, const std::string& name);

}  // namespace pharox::storage
