// Files for their owner alone. RocksDB creates its files with the modes that the umask leaves; in a
// store every file is 0600 and every folder 0700, whatever the umask, because proxies have
// passwords.
#pragma once

#include <rocksdb/env.h>

#include <memory>

namespace pharox::storage {

// The file system of `base`, but what is created through it is its owner's alone.
std::unique_ptr<rocksdb::Env> private_files(rocksdb::Env& base);

}  // namespace pharox::storage
