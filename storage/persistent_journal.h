// A journal in a folder, and the read-only view of one. Both are RocksDB underneath; neither
// header shows it.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "format/persisted.h"
#include "storage/journal.h"
#include "storage/recovery.h"

namespace pharox::storage {

// Warnings and errors of the database underneath, a line each, without any record's content.
using LogSink = std::function<void(std::string_view line)>;

struct JournalOptions {
  Durability durability = Durability::sync;
  bool create_if_missing = true;
  HistoryLimits history;
  LogSink log{};  // none: discarded
};

class PersistentJournal : public Journal {
 public:
  // The rows as they were recovered, and synced in either mode: what is seen after a kill must not
  // be lost by a power loss. For recovery only: before the first append.
  virtual RowSource& rows() = 0;

  // Writes everything appended and closes. Throws StorageError when that fails; the destructor
  // does the same but cannot say so. No call may follow.
  virtual void close() = 0;
};

// Opens, or creates, the store in `folder` and takes its lock. Throws StoreLockedError naming the
// holder where that can be known; CorruptionError when the files are damaged; StorageError when the
// folder is no store, the format is newer than this library, or the file system fails.
std::unique_ptr<PersistentJournal> open_journal(const std::filesystem::path& folder,
                                                const JournalOptions& options);

// A read-only view of one moment of a store, whether or not a process has it open. Takes no lock
// and writes nothing into the store's folder.
class StoreReader : public RowSource {
 public:
  // Throws as open_journal does, but never StoreLockedError.
  static std::unique_ptr<StoreReader> open(const std::filesystem::path& folder);

  virtual std::optional<std::string> find(format::Table table, std::string_view key) = 0;

  // The moment that is shown: when the view was taken, and how many row changes the store had seen.
  virtual Timestamp taken_at() const = 0;
  virtual std::uint64_t sequence() const = 0;

  // The process that has the store open ("pid 4242 (my-agent)"), where there is one.
  virtual std::optional<std::string> holder() const = 0;

  // Checks the checksums of every file of the database. Throws CorruptionError naming the file.
  virtual void verify_files() = 0;
};

}  // namespace pharox::storage
