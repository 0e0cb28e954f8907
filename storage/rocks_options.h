// Every option that RocksDB is opened with, each with its reason; but not `env`, which is the
// opener's.
#pragma once

#include <rocksdb/options.h>

#include <string_view>

#include "storage/persistent_journal.h"

namespace pharox::storage {

rocksdb::DBOptions primary_options(const JournalOptions& journal);

// For an instance that follows the files of another one and writes nothing beside them.
rocksdb::DBOptions secondary_options();

// For the column family of this name. The options of one that this version does not know are those
// of any table: it is opened only to be refused.
rocksdb::ColumnFamilyOptions table_options(std::string_view name);

// For every iterator.
rocksdb::ReadOptions walk_options();

}  // namespace pharox::storage
