// The rows of a table, read and decoded ahead by a thread of its own.
//
// 1. The thread fills batches and puts them into a queue of bounded length.
// 2. next() takes one, uses it, and gives it back: the thread then overwrites its records. So their
//    texts are allocated once for all rows.
// 3. Whoever has to wait does so until some batches are there: to be woken for each costs more than
//    filling it.
// 4. A row that cannot be decoded is noted in its batch; what ends the walk itself is thrown by
//    next() behind the last batch.
//
// Thread safety: one thread calls.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <exception>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "pharox/errors.h"
#include "storage/key_order.h"
#include "storage/mutex.h"
#include "storage/recovery.h"

namespace pharox::storage {

template <class Record>
class DecodedRows {
 public:
  using Decode = void (*)(std::string_view key, std::string_view value, Record& into);

  struct Failure {
    std::string key;
    std::string reason;
  };
  class Batch {
   public:
    std::span<const Record> records() const { return std::span(records_).first(used_); }
    const std::vector<Failure>& failures() const { return failures_; }

   private:
    friend DecodedRows;
    bool is_full() const { return used_ + failures_.size() >= kRows; }
    bool is_empty() const { return used_ == 0 && failures_.empty(); }

    std::vector<Record> records_;  // the first `used_` of them
    std::size_t used_ = 0;
    std::vector<Failure> failures_;
  };

  // `batches`, at least 2, is how many there may be at once.
  DecodedRows(RowSource& source, format::Table table, Decode decode, std::size_t batches)
      : source_(source),
        table_(table),
        decode_(decode),
        worth_waking_(std::min(kWorthWaking, batches / 2)),
        unused_(batches) {
    thread_ = std::thread([this] { read(); });
  }
  ~DecodedRows() {
    {
      const MutexLock lock(mutex_);
      stopped_ = true;
      changed_.notify_all();
    }
    thread_.join();
  }
  DecodedRows(const DecodedRows&) = delete;
  DecodedRows& operator=(const DecodedRows&) = delete;

  // Calls use(batch) with the next one; false when there is none. Throws what visit() threw.
  template <class Use>
  bool next(const Use& use) {
    MutexLock lock(mutex_);
    if (ready_.empty()) {
      while (ready_.size() < worth_waking_ && !ended_) changed_.wait(mutex_);
    }
    if (ready_.empty()) {
      if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
      return false;
    }
    Batch batch = std::move(ready_.front());
    ready_.pop_front();
    lock.unlock();
    use(std::as_const(batch));
    lock.lock();
    unused_.push_back(std::move(batch));
    if (unused_.size() == worth_waking_) changed_.notify_all();
    return true;
  }

 private:
  static constexpr std::size_t kRows = 256;
  static constexpr std::size_t kWorthWaking = 8;

  void read() {
    std::exception_ptr failure;
    Batch batch;
    try {
      if (!take_unused(batch)) return;
      source_.visit(table_, {}, [&](std::string_view key, std::string_view value) {
        add(batch, key, value);
        return !batch.is_full() || (hand_over(batch), take_unused(batch));
      });
    } catch (...) {
      failure = std::current_exception();
    }
    if (!batch.is_empty()) hand_over(batch);
    const MutexLock lock(mutex_);
    failure_ = failure;
    ended_ = true;
    changed_.notify_all();
  }

  void add(Batch& batch, std::string_view key, std::string_view value) {
    if (batch.used_ == batch.records_.size()) batch.records_.emplace_back();
    try {
      order_.take(table_, key);
      decode_(key, value, batch.records_[batch.used_]);
      ++batch.used_;
    } catch (const CorruptionError& error) {
      batch.failures_.push_back({std::string(key), error.what()});
    }
  }

  void hand_over(Batch& batch) {
    const MutexLock lock(mutex_);
    ready_.push_back(std::move(batch));
    batch = Batch();
    if (ready_.size() == worth_waking_) changed_.notify_all();
  }

  // False when nobody wants more.
  bool take_unused(Batch& batch) {
    MutexLock lock(mutex_);
    if (unused_.empty()) {
      while (unused_.size() < worth_waking_ && !stopped_) changed_.wait(mutex_);
    }
    if (stopped_) return false;
    batch = std::move(unused_.back());
    unused_.pop_back();
    batch.used_ = 0;
    batch.failures_.clear();
    return true;
  }

  RowSource& source_;
  const format::Table table_;
  const Decode decode_;
  const std::size_t worth_waking_;
  KeyOrder order_;  // the thread's

  Mutex mutex_;
  CondVar changed_;
  std::vector<Batch> unused_ PHAROX_GUARDED_BY(mutex_);
  std::deque<Batch> ready_ PHAROX_GUARDED_BY(mutex_);
  std::exception_ptr failure_ PHAROX_GUARDED_BY(mutex_);
  bool ended_ PHAROX_GUARDED_BY(mutex_) = false;
  bool stopped_ PHAROX_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace pharox::storage
