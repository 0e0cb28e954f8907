// Which rows a change writes. The table of it stands in the folder's README.
#pragma once

#include <rocksdb/write_batch.h>

#include "storage/change.h"
#include "storage/rocks_database.h"

namespace pharox::storage {

// An EndLease is only taken from the active leases: its history is the affair of RocksHistory.
void write_rows(const Change& change, const RocksDatabase& database, rocksdb::WriteBatch& batch);

}  // namespace pharox::storage
