// What RocksDB says, and what it may not do about an error.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/listener.h>

#include "storage/mutex.h"
#include "storage/persistent_journal.h"

namespace pharox::storage {

// Passes warnings and errors to the sink, one line at a time; discards the rest. It stands in for
// RocksDB's LOG file even when nobody listens, because on a full disk that file's own failed write
// trips an assertion in Debian's RocksDB and aborts the process.
class RocksLog final : public rocksdb::Logger {
 public:
  explicit RocksLog(LogSink sink);

  using rocksdb::Logger::Logv;
  void Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) override;
  void LogHeader(const char*, va_list) override {}

 private:
  Mutex mutex_;
  const LogSink sink_ PHAROX_GUARDED_BY(mutex_);  // called from RocksDB's own threads too
};

// Keeps RocksDB from resuming by itself after an error: what a failed commit left behind is unknown
// until the store is opened again, so nothing may be written on top of it.
class NoAutoRecovery final : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

}  // namespace pharox::storage
