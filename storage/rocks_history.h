// The history of ended leases on disk, and its limits.
//
// 1. Every ended lease gets the next number, in order of end. The history is the number range
//    [first, next), so how long it is needs no counting.
// 2. Rows of `history_order` say which lease has which number: one for the leases that ended
//    together, under the number of the first of them. Where they end one by one, the last row is
//    written again with the next lease, while it is small.
// 3. What is over a limit is deleted in the batch that made it so, and some more with it, so that
//    not every batch has to: the oldest leases' rows, and each order row once its last lease is
//    gone. `history_first` moves on with them; it may stand inside an order row, whose leases
//    before it are gone already.
// 4. Opening reads two order rows: the last one (it tells `next`) and the one that holds `first`.
//
// Not thread-safe: one thread at a time composes a batch.
#pragma once

#include <rocksdb/write_batch.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "format/codec.h"
#include "storage/journal.h"
#include "storage/rocks_database.h"

namespace pharox::storage {

class RocksHistory {
 public:
  // Reads the bounds. Throws CorruptionError when they contradict each other.
  RocksHistory(RocksDatabase& database, const HistoryLimits& limits);

  // Deletes what is over the limit from before it was lowered, in batches of bounded size.
  void shrink();

  // Composing a batch: each lease that ends, in order, then what has to go. If the batch is not
  // written, this object is of no further use.
  void add(const format::StoredLease& lease, rocksdb::WriteBatch& batch);
  void finish(rocksdb::WriteBatch& batch, Timestamp now);

 private:
  std::uint64_t size() const { return next_ - first_; }
  // Deletes the oldest while they are over a limit: of those over the count all, of those over the
  // age `at_most`.
  void trim(rocksdb::WriteBatch& batch, Timestamp now, std::uint64_t at_most);
  bool is_aged(Timestamp now);
  void forget_oldest(rocksdb::WriteBatch& batch);
  // The order row that holds first_. Requires size() > 0.
  const format::HistoryOrder& front();
  void read_ahead();
  void write_first(rocksdb::WriteBatch& batch);

  RocksDatabase& database_;
  const HistoryLimits limits_;

  std::uint64_t first_ = 0;
  std::uint64_t next_ = 0;
  std::deque<format::HistoryOrder> front_;    // read ahead: from the row that holds first_ on
  std::vector<format::HistoryOrder> adding_;  // of the batch being composed
  std::optional<format::HistoryOrder> last_;  // of the batch before, if it may go on
  Timestamp row_since_{};                     // when the first lease of adding_.back() ended
};

}  // namespace pharox::storage
