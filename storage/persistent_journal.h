// A journal in a folder, and the read-only view of one. Both are RocksDB underneath; neither
// header shows it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "format/persisted.h"
#include "storage/journal.h"
#include "storage/recovery.h"

namespace rocksdb {
class Env;
}

namespace pharox::storage {

// Warnings and errors of the database underneath, a line each, without any record's content.
using LogSink = std::function<void(std::string_view line)>;

// What tests put underneath a store to make it fail, and to make it do soon what it does seldom.
struct DatabaseSeams {
  // Of the database's files and ours. Must outlive the journal. Null: the operating system's.
  rocksdb::Env* env = nullptr;
  // How long the WALs may grow together before their rows are flushed to table files.
  std::size_t wal_bytes = std::size_t{64} << 20;
  // How far the witness follows the commits at most; with Durability::process, how much a power
  // loss can take.
  std::chrono::milliseconds witness_interval{1000};
};

// What a store's files lack of what they once held, as far as its witness can tell.
struct Losses {
  std::vector<std::string> findings{};  // each names a file
  std::uint64_t missing_changes = 0;    // of rows, at least; 0: not known

  bool empty() const { return findings.empty(); }
};

struct JournalOptions {
  Durability durability = Durability::sync;
  bool create_if_missing = true;
  // Opens a store that has lost changes as it is, instead of refusing it.
  bool accept_loss = false;
  HistoryLimits history;
  LogSink log{};  // none: discarded
  DatabaseSeams seams{};
};

class PersistentJournal : public Journal {
 public:
  // The rows as they were recovered, and synced in either mode: what is seen after a kill must not
  // be lost by a power loss. For recovery only: before the first append.
  virtual RowSource& rows() = 0;

  // What opening found missing and was told to accept.
  virtual const Losses& losses() const = 0;

  // Makes a store of its own in `folder`, which is missing or empty: it shows one moment of the
  // order, and has everything appended before the call. On the disk when the call returns. Where
  // the file system is the same, the two share table files through hard links. Throws StorageError:
  // then nothing is left of it.
  virtual void checkpoint(const std::filesystem::path& folder) = 0;

  // After a commit has failed: closes the database and opens it again, holding the store's lock all
  // the while. What the failed commit wrote is then wholly there or wholly absent, rows() tells
  // which, and tickets go on from the last one. Throws as open_journal does; nothing is then open,
  // every call throws StorageError, and reopen() may be tried again. No other call may be under
  // way.
  virtual void reopen() = 0;

  // Writes everything appended and closes, leaving no long log where there is space for the table
  // files instead. Throws StorageError when writing fails; the destructor does the same but cannot
  // say so. No call may follow.
  virtual void close() = 0;
};

// Opens, or creates, the store in `folder` and takes its lock. Throws StoreLockedError naming the
// holder where that can be known; CorruptionError when the files are damaged, or have lost changes
// and `accept_loss` is not set: then nothing was written; StorageError when the folder is no store,
// the format is newer than this library, or the file system fails.
std::unique_ptr<PersistentJournal> open_journal(const std::filesystem::path& folder,
                                                const JournalOptions& options);

// A read-only view of one moment of a store, whether or not a process has it open. Takes no lock
// and writes nothing into the store's folder.
class StoreReader : public RowSource {
 public:
  // Throws as open_journal does, but never StoreLockedError. A store with a damaged log cannot be
  // viewed, whatever is accepted.
  static std::unique_ptr<StoreReader> open(const std::filesystem::path& folder,
                                           bool accept_loss = false);

  virtual std::optional<std::string> find(format::Table table, std::string_view key) = 0;

  // The moment that is shown: when the view was taken, and how many row changes the store had seen.
  virtual Timestamp taken_at() const = 0;
  virtual std::uint64_t sequence() const = 0;

  // Makes a store of its own in `folder`, which is missing or empty, with the rows of the moment
  // that is shown; it shares no file with this one. On the disk when the call returns. Throws
  // CorruptionError, StorageError: what is then in `folder` is no store.
  virtual void copy_to(const std::filesystem::path& folder) = 0;

  // The process that has the store open ("pid 4242 (my-agent)"), where there is one.
  virtual std::optional<std::string> holder() const = 0;

  // What is missing, and was accepted.
  virtual const Losses& losses() const = 0;

  // Checks the checksums of every table file. What is wrong, each naming the file.
  virtual std::vector<std::string> verify_files() = 0;
};

}  // namespace pharox::storage
