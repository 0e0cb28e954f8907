// Keeps a replay of the WALs from stepping over a hole.
//
// Without a sync per commit, a power loss takes from each WAL what it likes of the end. When the
// database has just begun a new WAL, the end of the one before can be lost while the beginning of
// the new one is there. A WAL that ends early but cleanly is no damage to RocksDB: it would go on
// with the next one, and what is recovered would have a hole. But every batch carries the number of
// its first row, so a hole shows: there the replay ends. Rows behind a hole are never in table
// files, because RocksDB syncs the closed WALs before it flushes what came from them.
#pragma once

#include <rocksdb/wal_filter.h>
#include <rocksdb/write_batch.h>

#include <cstdint>
#include <optional>
#include <string>

#include "storage/rocks_checksum.h"

namespace pharox::storage {

// For one opening.
class WalOrder final : public rocksdb::WalFilter {
 public:
  const char* Name() const override { return "PharoxWalOrder"; }

  WalProcessingOption LogRecordFound(unsigned long long, const std::string&,
                                     const rocksdb::WriteBatch& batch, rocksdb::WriteBatch*,
                                     bool*) override {
    const std::uint64_t first =
        number_at<std::uint64_t>(batch.Data(), 0);  // a batch begins with it
    if (next_ && first != *next_) return WalProcessingOption::kStopReplay;
    next_ = first + batch.Count();
    return WalProcessingOption::kContinueProcessing;
  }

 private:
  std::optional<std::uint64_t> next_;
};

}  // namespace pharox::storage
