// RocksDB reads the properties in a table file before it checks their checksum; where its
// assertions are on, as in Debian, one flipped bit there aborts the process. So whenever it opens a
// table file, this file system checks that part first, and fails with Corruption.
#pragma once

#include <rocksdb/env.h>

#include <memory>

namespace pharox::storage {

// The file system of `env`, with the check.
std::unique_ptr<rocksdb::Env> guard_tables(rocksdb::Env& env);

}  // namespace pharox::storage
