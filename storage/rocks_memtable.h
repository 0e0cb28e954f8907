// What a table of RocksDB holds in memory, for rows whose keys rise.
//
// RocksDB's skip list searches for the place of every row: half of what a write costs that waits
// for no disk. Here a row that belongs at the end is put there, and one that belongs a little
// behind the last one that did not (leases end about as they began) is found beside it. All others
// are found by two binary searches.
//
//   chunks:  [a b c d ...] [m n o ...] [x y z]     sorted arrays of pointers to rows
//
// A row that belongs into a full chunk splits it; behind the last full one a new one begins, so
// that rising keys fill all of them. An iterator remembers where it is, and searches again for its
// row when rows have been put between others since.
//
// Thread safety: as RocksDB wants it: one thread puts, others read meanwhile.
#pragma once

#include <rocksdb/memtablerep.h>

#include <memory>

namespace pharox::storage {

std::shared_ptr<rocksdb::MemTableRepFactory> memtable_of_rising_keys();

}  // namespace pharox::storage
