// One open RocksDB with the tables of a store, under our names and errors.
//
// Thread safety: reads and writes by any thread; closing by one, with no other call under way.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "format/persisted.h"
#include "storage/mutex.h"
#include "storage/persistent_journal.h"
#include "storage/recovery.h"
#include "storage/rocks_background.h"
#include "storage/rocks_forgotten.h"
#include "storage/rocks_losses.h"
#include "storage/rocks_wal_order.h"
#include "storage/rocks_witness.h"

namespace pharox::storage {

// By format::Table; null: not among them.
using TableHandles = std::array<rocksdb::ColumnFamilyHandle*, format::kTables.size()>;
TableHandles handles_by_table(const std::vector<rocksdb::ColumnFamilyHandle*>& handles);

class RocksDatabase final : public RowSource {
 public:
  // Opens the database of the store in `folder`, which must exist. With `create_if_missing`, one
  // that is empty and has no format version yet is made a store of this version; without, it is
  // refused. A newer format, and one that has lost changes, is refused before anything is written.
  static std::unique_ptr<RocksDatabase> open(const std::filesystem::path& folder,
                                             const JournalOptions& journal);
  // A view of the files of another instance, which may be writing. `scratch` is a folder for what
  // RocksDB wants to write beside them. `check` has looked at the files before.
  static std::unique_ptr<RocksDatabase> open_secondary(const std::filesystem::path& folder,
                                                       const std::filesystem::path& scratch,
                                                       LossCheck& check);
  ~RocksDatabase() override;

  void visit(format::Table table, std::string_view from, const RowVisitor& visit) override;
  std::optional<std::string> last_key(format::Table table) override;
  std::size_t estimated_rows(format::Table table) override;
  std::optional<std::string> get(format::Table table, std::string_view key) const;

  void put(rocksdb::WriteBatch& batch, format::Table table, std::string_view key,
           std::string_view value) const;
  void erase(rocksdb::WriteBatch& batch, format::Table table, std::string_view key) const;
  // Atomic over all tables. With `sync` it is on the disk when the call returns, and so is
  // everything written before.
  void write(rocksdb::WriteBatch& batch, bool sync);
  // Puts everything written on the disk.
  void sync();
  // The same for all that was written before the call, while others write. Once it has failed, what
  // it was to sync may be lost, though RocksDB does not know: every later write and sync throws
  // StorageError with the cause.
  void sync_logs();
  // Writes into a database that nobody relies on before flush(): past the WAL.
  void load(rocksdb::WriteBatch& batch);
  // Puts everything loaded on the disk.
  void flush();
  // Links or copies the files of one moment, which has everything written before the call, into
  // `files`, which must not exist. The sequence number of a change that it has, as all before it.
  std::uint64_t checkpoint(const std::filesystem::path& files);
  // Lets what writes table files drop the leases whose end has a number below `first`. What says
  // that they are forgotten is written, and perhaps `durable`.
  void forget_below(std::uint64_t first, bool durable) { forgotten_->forget_below(first, durable); }
  std::uint64_t forgotten_below() const { return forgotten_->first(); }
  // While rows are recovered, what is done in the background hardly goes on.
  void set_recovering(bool recovering) { pauses_->set_recovering(recovering); }
  // Puts into table files what the next opening would have to take out of long logs. It is as
  // durable in these: whether it works does not matter, and what kept it from doing so is logged.
  void shorten_logs();
  // Lets nothing more be flushed or compacted, and waits for what is under way.
  void stop_background();
  // Throws StorageError; closed all the same.
  void close();

  // Secondary only: takes in what the primary has written meanwhile.
  void catch_up();
  std::uint64_t sequence() const { return database_->GetLatestSequenceNumber(); }
  // The names of the table files, within files().
  std::vector<std::string> table_files() const;
  // Throws CorruptionError naming the file when a checksum in it is wrong, or it is missing.
  void verify_table_file(const std::string& name) const;
  // What opening found missing, and accepted.
  const Losses& losses() const { return losses_; }
  // Takes in which files there are now, and how much of the manifest is synced.
  void observe(Witness& witness) const;

  rocksdb::FileSystem& file_system() const { return *env_->GetFileSystem(); }
  const std::filesystem::path& folder() const { return folder_; }
  const std::filesystem::path& files() const { return files_; }

 private:
  // `env`: null for the operating system's.
  explicit RocksDatabase(const std::filesystem::path& folder, rocksdb::Env* env = nullptr);

  rocksdb::ColumnFamilyOptions options_of(std::string_view name) const;
  std::vector<rocksdb::ColumnFamilyDescriptor> existing_tables(const rocksdb::DBOptions& options,
                                                               bool may_create) const;
  void adopt(rocksdb::DB* database, std::vector<rocksdb::ColumnFamilyHandle*> handles);
  // Whether the store has a format version; throws when it is one that we cannot read.
  bool has_format() const;
  void require_empty() const;
  void create_tables();
  std::pair<std::string, std::uint64_t> synced_manifest() const;
  std::uint64_t min_log() const;
  void require_sound() const;
  rocksdb::ColumnFamilyHandle* handle(format::Table table) const {
    return tables_[static_cast<std::size_t>(table)];
  }

  const std::unique_ptr<rocksdb::Env> env_;
  const std::filesystem::path folder_;  // of the store: what messages name
  const std::filesystem::path files_;   // of the database
  const std::shared_ptr<Pauses> pauses_ = std::make_shared<Pauses>();
  const std::shared_ptr<ForgottenLeases> forgotten_ =
      std::make_shared<ForgottenLeases>([this] { sync_logs(); }, pauses_);
  WalOrder wal_order_;  // asked while opening; the database keeps a pointer to it
  Losses losses_;
  Mutex syncing_logs_;
  std::string sync_failure_;  // written before the flag is set
  std::atomic<bool> sync_failed_{false};
  std::unique_ptr<rocksdb::DB> database_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;  // every one that was opened
  TableHandles tables_{};                              // ours among them
};

}  // namespace pharox::storage
