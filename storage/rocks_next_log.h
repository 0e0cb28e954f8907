// The next log is made before it is needed. RocksDB makes one when a table in memory is full, while
// commits wait, and asks for room for all of it at once: where the file system has to read first
// what is free on the disk, that took up to 20 ms (measured, ext4). So a thread does it beside the
// commits once a log is half full, under another name; the log that is wanted is that file,
// renamed.
//
// What goes wrong with it is nobody's error: then the log is made when it is needed. The file is
// empty, and RocksDB does not know its name. It goes when RocksDB gives its folder back, and what a
// crash leaves of it when RocksDB takes the folder again.
#pragma once

#include <rocksdb/env.h>

#include <memory>

namespace pharox::storage {

// The file system of `base`, but for the logs of one database.
std::unique_ptr<rocksdb::Env> next_log_made_ahead(rocksdb::Env& base);

}  // namespace pharox::storage
