// Which rows a change writes. The table of it stands in the folder's README.
#pragma once

#include <rocksdb/write_batch.h>

#include <cstdint>

#include "storage/change.h"
#include "storage/rocks_database.h"

namespace pharox::storage {

// `end_number`: of an EndLease.
void write_rows(const Change& change, std::uint64_t end_number, const RocksDatabase& database,
                rocksdb::WriteBatch& batch);

}  // namespace pharox::storage
