// The history of ended leases on disk, and its limits.
//
// 1. A lease keeps its row when it ends: it is written again, with its end and the next number,
//    counted from 1. The history is the range [first, next) of these numbers, so how long it is
//    needs no counting, and to forget a lease is to raise `first`: nothing is written or deleted.
//    Whatever writes table files drops the rows of what was forgotten (rocks_forgotten.h).
// 2. `history_first` in the table `meta` follows `first` in steps. What drops rows goes by a value
//    of it that is durable. So every number from `history_first` on has its row.
// 3. For the age, memory holds which numbers ended in one span of time.
// 4. Opening tells of every ended lease that it reads, in any order. `next` and the spans follow
//    from that.
//
// Thread safety: one thread at a time, but keeps() by any.
#pragma once

#include <rocksdb/write_batch.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "format/codec.h"
#include "storage/journal.h"
#include "storage/rocks_database.h"

namespace pharox::storage {

class RocksHistory {
 public:
  RocksHistory(RocksDatabase& database, const HistoryLimits& limits);

  // Opening: each ended lease of the database, then that there are no more.
  void restore(const format::LeaseRow& row);
  void finish_restoring();
  // Reads them from the database, unless that was said.
  void require_restored();

  // Composing a batch: the number of each lease that ends, in order; then what is over a limit.
  // If the batch is not written, this object is of no further use.
  std::uint64_t add(Timestamp ended_at);
  // The history_first that it put into the batch, if any.
  std::optional<std::uint64_t> forget(Timestamp now, rocksdb::WriteBatch& batch);

  bool keeps(const format::LeaseRow& row) const { return row.end_number >= first_.load(); }

 private:
  // Leases that ended one after the other.
  struct Span {
    std::uint64_t first;  // the number of the first of them
    Timestamp since;      // when it ended
    Timestamp until;      // when the last of them ended
  };

  void take_found();
  void take(std::uint64_t number, Timestamp ended_at);
  // Raises `first` to what the limits ask for.
  void apply_limits(Timestamp now);
  void raise_first(std::uint64_t first);
  // The number behind the first span. Requires one.
  std::uint64_t end_of_first_span() const { return spans_.size() > 1 ? spans_[1].first : next_; }

  RocksDatabase& database_;
  const HistoryLimits limits_;
  const std::uint64_t step_;  // of history_first
  const Duration span_;       // at most
  std::atomic<std::uint64_t> first_{1};
  std::uint64_t next_ = 1;
  std::uint64_t written_first_ = 1;  // history_first
  std::deque<Span> spans_;

  std::once_flag restored_;
  std::vector<std::pair<std::uint64_t, Timestamp>> found_;  // while restoring
};

}  // namespace pharox::storage
