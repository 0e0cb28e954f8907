// Which rows a change writes. The table of it stands in the folder's README.
#pragma once

#include <rocksdb/write_batch.h>

#include <cstdint>
#include <string>

#include "storage/change.h"
#include "storage/rocks_database.h"

namespace pharox::storage {

// Not thread-safe.
class RowWriter {
 public:
  explicit RowWriter(const RocksDatabase& database) : database_(database) {}

  // `end_number`: of an EndLease.
  void write(const Change& change, std::uint64_t end_number, rocksdb::WriteBatch& batch);

 private:
  const RocksDatabase& database_;
  std::string value_;  // keeps its memory from lease to lease
};

}  // namespace pharox::storage
