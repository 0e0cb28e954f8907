// Writes the witness of an open store, behind its commits.
//
// A commit does not wait for it and pays nothing for it but the store of a number. A thread writes
// it, at most once in `interval`, when there is something new to say: one small file and two
// fsyncs. With Durability::process it syncs the log before, so that what it says is so; a power
// loss takes at most what came after.
//
// Thread safety: advance() by the one who commits; the rest by the owner.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#include "pharox/durability.h"
#include "storage/mutex.h"
#include "storage/persistent_journal.h"
#include "storage/rocks_database.h"
#include "storage/rocks_witness.h"

namespace pharox::storage {

class WitnessKeeper {
 public:
  // Writes the first one: everything in the database is synced, because opening it flushed its
  // logs. Throws StorageError when that fails.
  WitnessKeeper(RocksDatabase& database, Durability durability, std::chrono::milliseconds interval,
                LogSink log);
  ~WitnessKeeper();
  WitnessKeeper(const WitnessKeeper&) = delete;
  WitnessKeeper& operator=(const WitnessKeeper&) = delete;

  // Everything up to `sequence` is written, and with Durability::sync it is synced.
  void advance(std::uint64_t sequence) noexcept { written_.store(sequence); }

  // Ends the thread. With `exact`, which requires that everything is synced and nothing under way,
  // a last witness is written that every later loss contradicts; throws StorageError when that
  // fails.
  void stop(bool exact);

 private:
  void run();
  // Whether there was anything new.
  bool write();

  RocksDatabase& database_;
  const Durability durability_;
  const std::chrono::milliseconds interval_;
  const LogSink log_;

  std::atomic<std::uint64_t> written_;
  Witness last_;  // the thread's, while it runs

  Mutex mutex_;
  bool stopping_ PHAROX_GUARDED_BY(mutex_) = false;
  CondVar wakes_;
  std::thread thread_;
};

}  // namespace pharox::storage
