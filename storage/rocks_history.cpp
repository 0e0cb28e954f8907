#include "storage/rocks_history.h"

#include <algorithm>
#include <string>

#include "pharox/errors.h"

namespace pharox::storage {
namespace {

using format::Table;

// How far `first` may be ahead of history_first: a small part of the history, and enough that
// writing it costs little.
constexpr std::uint64_t kMaxStep = 256;

// What has aged is forgotten a span at a time: so late at most. There are no more than kMaxSpans
// of them within the greatest age.
constexpr Duration kMinSpan = std::chrono::seconds{1};
constexpr std::int64_t kMaxSpans = 65'536;

}  // namespace

RocksHistory::RocksHistory(RocksDatabase& database, const HistoryLimits& limits)
    : database_(database),
      limits_(limits),
      step_(std::clamp<std::uint64_t>(limits.max_leases / kMaxStep, 1, kMaxStep)),
      span_(std::max(kMinSpan, limits.max_age / kMaxSpans)) {
  if (const auto first = database_.get(Table::meta, format::kHistoryFirstKey)) {
    written_first_ = format::decode_number(format::kHistoryFirstKey, *first);
    if (written_first_ == 0 || written_first_ > format::kMaxEndNumber) {
      throw CorruptionError("table meta, key history_first: it is " +
                            std::to_string(written_first_) + ", which no end of a lease can be");
    }
    first_ = next_ = written_first_;
  }
}

void RocksHistory::restore(const format::LeaseRow& row) {
  if (row.end_number >= written_first_) {
    found_.emplace_back(row.end_number, *row.stored.lease.released_at);
  }
}

void RocksHistory::finish_restoring() {
  std::call_once(restored_, [this] { take_found(); });
}

void RocksHistory::require_restored() {
  std::call_once(restored_, [this] {
    found_.clear();
    format::LeaseRow row;
    database_.visit(Table::leases, {}, [&](std::string_view key, std::string_view value) {
      format::decode_lease_into(key, value, row);
      if (row.ended()) restore(row);
      return true;
    });
    take_found();
  });
}

void RocksHistory::take_found() {
  std::ranges::sort(found_);
  for (const auto& [number, ended_at] : found_) {
    take(number, ended_at);
    next_ = number + 1;
  }
  // Where a loss was accepted, history_first may be from before rows were dropped.
  if (!found_.empty()) first_ = found_.front().first;
  found_ = {};
  database_.forget_below(written_first_, true);  // opening has flushed it
  database_.set_recovering(false);
  apply_limits(kMinTimestamp);
}

std::uint64_t RocksHistory::add(Timestamp ended_at) {
  take(next_, ended_at);
  return next_++;
}

void RocksHistory::take(std::uint64_t number, Timestamp ended_at) {
  // The wall clock may have been set back.
  if (!spans_.empty() && ended_at >= spans_.back().since &&
      ended_at - spans_.back().since < span_) {
    spans_.back().until = std::max(spans_.back().until, ended_at);
  } else {
    spans_.push_back({.first = number, .since = ended_at, .until = ended_at});
  }
}

std::optional<std::uint64_t> RocksHistory::forget(Timestamp now, rocksdb::WriteBatch& batch) {
  apply_limits(now);
  if (first_ - written_first_ < step_) return std::nullopt;
  written_first_ = first_;
  database_.put(batch, Table::meta, format::kHistoryFirstKey,
                format::encode_number(format::kHistoryFirstKey, written_first_));
  return written_first_;
}

void RocksHistory::apply_limits(Timestamp now) {
  if (next_ - first_ > limits_.max_leases) raise_first(next_ - limits_.max_leases);
  // A difference of two times cannot overflow; `now - max_age` could.
  while (!spans_.empty() && now - spans_.front().until > limits_.max_age) {
    raise_first(end_of_first_span());
  }
}

void RocksHistory::raise_first(std::uint64_t first) {
  first_ = first;
  while (!spans_.empty() && end_of_first_span() <= first) spans_.pop_front();
}

}  // namespace pharox::storage
