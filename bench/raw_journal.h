// What does RocksDB do at most with rows of ours, when nothing is decided and nothing remembered?
// One table with RocksDB's own defaults, its log on, and rows whose keys rise as those of leases
// do.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "bench/temporary_folder.h"

namespace rocksdb {
class DB;
}

namespace pharox::bench {

// Throws std::runtime_error. Any thread may put.
class RawJournal {
 public:
  // Empty, in a folder of its own. Every row that is put has this value.
  explicit RawJournal(std::string value);
  ~RawJournal();
  RawJournal(const RawJournal&) = delete;
  RawJournal& operator=(const RawJournal&) = delete;

  // Of key and value.
  std::size_t row_bytes() const;

  // One row by one Put.
  void put(bool synced);
  // So many rows in one WriteBatch.
  void put_batch(std::size_t rows, bool synced);

 private:
  const std::string value_;
  const TemporaryFolder folder_;
  std::unique_ptr<rocksdb::DB> database_;
  std::atomic<std::uint64_t> next_key_{0};
};

}  // namespace pharox::bench
