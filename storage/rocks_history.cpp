#include "storage/rocks_history.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <string>
#include <utility>

#include "format/keys.h"
#include "pharox/errors.h"

namespace pharox::storage {
namespace {

using format::HistoryOrder;
using format::Table;

// Leases are forgotten by age one order row at a time, so a row spans no more than this; and the
// row in memory and in a batch stays small, whatever ended at once.
constexpr Duration kOrderRowSpan = std::chrono::seconds{1};
constexpr std::size_t kOrderRowLeases = 4096;

// Leases deleted by age in one commit, beside four for each that it adds: when a whole history
// ages at once (the process slept) no single commit pays for it.
constexpr std::uint64_t kAgedPerCommit = 256;

constexpr std::uint64_t kShrinkBatch = 4096;

// An order row of fewer leases than this is continued by the next batch: written again it costs
// some bytes, and so many rows fewer have to be deleted in the end.
constexpr std::size_t kContinuedLeases = 16;

// At the limit so many of the oldest are deleted together, where that is a small part of the
// history: rows that are deleted one beside the other cost a third of single ones.
constexpr std::uint64_t kForgottenAtOnce = 256;

// Order rows that are read ahead, where each holds few leases.
constexpr std::size_t kRowsAhead = 256;

bool holds(const HistoryOrder& order, std::uint64_t number) {
  return number >= order.first && number - order.first < order.lease_ids.size();
}

}  // namespace

RocksHistory::RocksHistory(RocksDatabase& database, const HistoryLimits& limits)
    : database_(database), limits_(limits) {
  if (const auto first = database_.get(Table::meta, format::kHistoryFirstKey)) {
    first_ = format::decode_number(format::kHistoryFirstKey, *first);
  }
  next_ = first_;
  const std::string highest = format::number_key(std::numeric_limits<std::uint64_t>::max());
  if (const auto last = database_.last_up_to(Table::history_order, highest)) {
    const HistoryOrder order = format::decode_history_order(last->key, last->value);
    next_ = order.first + order.lease_ids.size();
  }
  if (next_ < first_) {
    throw CorruptionError("table meta, key history_first: it is " + std::to_string(first_) +
                          " but the history ends before " + std::to_string(next_));
  }
  if (size() > 0) front();
}

void RocksHistory::shrink() {
  while (size() > limits_.max_leases) {
    rocksdb::WriteBatch batch;
    for (std::uint64_t i = 0; i < kShrinkBatch && size() > limits_.max_leases; ++i) {
      forget_oldest(batch);
    }
    write_first(batch);
    // Synced, as every commit is with Durability::sync: a log may have one torn record, not two.
    database_.write(batch, true);
  }
}

void RocksHistory::add(const format::StoredLease& lease, rocksdb::WriteBatch& batch) {
  assert(lease.lease.released_at);
  if (limits_.max_leases == 0) return;
  const Uuid& id = lease.lease.id;
  const Timestamp ended_at = *lease.lease.released_at;
  database_.put(batch, Table::lease_history, format::uuid_key_view(id), format::encode(lease));
  if (adding_.empty() && last_) adding_.push_back(*std::exchange(last_, std::nullopt));
  const bool continues = !adding_.empty() && adding_.back().lease_ids.size() < kOrderRowLeases &&
                         ended_at >= row_since_ && ended_at - row_since_ < kOrderRowSpan;
  if (!continues) {
    adding_.push_back({.first = next_, .ended_at = ended_at, .lease_ids = {}});
    row_since_ = ended_at;
  }
  adding_.back().lease_ids.push_back(id);
  adding_.back().ended_at = ended_at;
  ++next_;
}

void RocksHistory::finish(rocksdb::WriteBatch& batch, Timestamp now) {
  std::uint64_t added = 0;
  for (const HistoryOrder& order : adding_) {
    added += order.lease_ids.size();
    database_.put(batch, Table::history_order, format::number_key(order.first),
                  format::encode(order));
  }
  const std::uint64_t first_before = first_;
  trim(batch, now, kAgedPerCommit + 4 * added);
  if (first_ != first_before) write_first(batch);
  if (!adding_.empty() && adding_.back().lease_ids.size() < kContinuedLeases) {
    last_ = std::move(adding_.back());
  }
  adding_.clear();
}

void RocksHistory::trim(rocksdb::WriteBatch& batch, Timestamp now, std::uint64_t at_most) {
  if (size() > limits_.max_leases) {
    const std::uint64_t more = std::min(kForgottenAtOnce, limits_.max_leases / kForgottenAtOnce);
    while (size() > limits_.max_leases - more) forget_oldest(batch);
  }
  for (; at_most > 0 && size() > 0 && is_aged(now); --at_most) forget_oldest(batch);
}

bool RocksHistory::is_aged(Timestamp now) {
  // A difference of two times cannot overflow; `now - max_age` could.
  return now - front().ended_at > limits_.max_age;
}

void RocksHistory::forget_oldest(rocksdb::WriteBatch& batch) {
  const HistoryOrder& order = front();
  const std::uint64_t at = first_ - order.first;
  database_.erase(batch, Table::lease_history, format::uuid_key_view(order.lease_ids[at]));
  ++first_;
  if (at + 1 == order.lease_ids.size()) {
    database_.erase(batch, Table::history_order, format::number_key(order.first));
  }
}

const HistoryOrder& RocksHistory::front() {
  assert(size() > 0);
  for (const HistoryOrder& order : adding_) {
    if (holds(order, first_)) return order;
  }
  if (last_ && holds(*last_, first_)) return *last_;
  if (!front_.empty() && !holds(front_.front(), first_)) front_.pop_front();
  if (front_.empty() || !holds(front_.front(), first_)) read_ahead();
  return front_.front();
}

// Many rows at a time: where each lease ends in a commit of its own, the next row is wanted at the
// next commit, and a search costs more than that commit does.
void RocksHistory::read_ahead() {
  front_.clear();
  // Seeking from first_ backwards steps over no tombstone: those lie before the row.
  const auto row = database_.last_up_to(Table::history_order, format::number_key(first_));
  if (row) front_.push_back(format::decode_history_order(row->key, row->value));
  if (!row || !holds(front_.front(), first_)) {
    throw CorruptionError("table history_order has no row for the ended lease " +
                          std::to_string(first_));
  }
  // A row that may go on would be stale by the time it is wanted.
  const std::uint64_t unfinished = !adding_.empty() ? adding_.front().first
                                   : last_          ? last_->first
                                                    : next_;
  std::size_t leases = 0;
  database_.visit(Table::history_order, row->key + '\0',
                  [&](std::string_view key, std::string_view value) {
                    HistoryOrder order = format::decode_history_order(key, value);
                    if (order.first >= unfinished) return false;
                    leases += order.lease_ids.size();
                    front_.push_back(std::move(order));
                    return leases < kOrderRowLeases && front_.size() < kRowsAhead;
                  });
}

void RocksHistory::write_first(rocksdb::WriteBatch& batch) {
  database_.put(batch, Table::meta, format::kHistoryFirstKey,
                format::encode_number(format::kHistoryFirstKey, first_));
}

}  // namespace pharox::storage
