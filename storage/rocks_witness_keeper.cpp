#include "storage/rocks_witness_keeper.h"

#include <utility>

#include "pharox/errors.h"

namespace pharox::storage {

WitnessKeeper::WitnessKeeper(RocksDatabase& database, Durability durability,
                             std::chrono::milliseconds interval, LogSink log)
    : database_(database),
      durability_(durability),
      interval_(interval),
      log_(std::move(log)),
      written_(database.sequence()) {
  last_.every_commit_synced = durability == Durability::sync;
  write();
  thread_ = std::thread([this] { run(); });
}

WitnessKeeper::~WitnessKeeper() { stop(false); }

void WitnessKeeper::stop(bool exact) {
  if (thread_.joinable()) {
    {
      MutexLock lock(mutex_);
      stopping_ = true;
      wakes_.notify_one();
    }
    thread_.join();
  }
  if (exact) write();
}

void WitnessKeeper::run() {
  MutexLock lock(mutex_);
  while (!stopping_) {
    wakes_.wait_until(mutex_, std::chrono::steady_clock::now() + interval_);
    if (stopping_) return;
    lock.unlock();
    try {
      write();
    } catch (const StorageError& error) {
      // What the old witness says is still so. The next turn tries again.
      if (log_) log_(error.what());
    }
    lock.lock();
  }
}

bool WitnessKeeper::write() {
  Witness now = last_;
  now.history_first = database_.forgotten_below();  // before the sequence, which covers it
  now.sequence = written_.load();
  if (durability_ != Durability::sync && now.sequence != last_.sequence) database_.sync_logs();
  database_.observe(now);
  if (now == last_) return false;
  write_witness(database_.file_system(), database_.folder(), now);
  last_ = std::move(now);
  return true;
}

}  // namespace pharox::storage
