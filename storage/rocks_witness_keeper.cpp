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

void WitnessKeeper::require_sound() const {
  if (sync_failed_.load()) {
    throw StorageError("cannot commit to " + database_.folder().string() +
                       ": syncing what was written before has failed: " + sync_failure_);
  }
}

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
  while (!stopping_ && !sync_failed_.load()) {
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
  now.sequence = written_.load();
  if (durability_ != Durability::sync && now.sequence != last_.sequence) {
    try {
      database_.sync_logs();
      synced_.store(now.sequence);
    } catch (const StorageError& error) {
      sync_failure_ = error.what();
      sync_failed_.store(true);
      throw;
    }
  }
  database_.observe(now);
  if (now == last_) return false;
  write_witness(database_.file_system(), database_.folder(), now);
  last_ = std::move(now);
  return true;
}

}  // namespace pharox::storage
