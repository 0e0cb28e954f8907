#include "storage/rocks_log.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace pharox::storage {

RocksLog::RocksLog(LogSink sink)
    : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL), sink_(std::move(sink)) {}

void RocksLog::Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) {
  // The header level counts above the fatal one.
  if (level < rocksdb::WARN_LEVEL || level > rocksdb::FATAL_LEVEL) return;
  std::array<char, 1024> text;
  const int size = std::vsnprintf(text.data(), text.size(), format, arguments);
  if (size <= 0) return;
  std::string line(text.data(), std::min<std::size_t>(size, text.size() - 1));
  std::replace(line.begin(), line.end(), '\n', ' ');
  MutexLock lock(mutex_);
  if (!sink_) return;
  try {
    sink_(line);
  } catch (...) {
    // The sink is its owner's; an exception must not unwind through RocksDB's threads.
  }
}

}  // namespace pharox::storage
