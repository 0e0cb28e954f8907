#include "storage/rocks_database.h"

#include <rocksdb/convenience.h>
#include <rocksdb/perf_level.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/utilities/checkpoint.h>

#include <algorithm>
#include <limits>

#include "format/codec.h"
#include "pharox/errors.h"
#include "storage/rocks_misreads.h"
#include "storage/rocks_next_log.h"
#include "storage/rocks_options.h"
#include "storage/rocks_private_files.h"
#include "storage/rocks_status.h"
#include "storage/rocks_table_guard.h"
#include "storage/store_folder.h"

namespace pharox::storage {
namespace {

using format::Table;
using rocksdb::Slice;

Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view view(const Slice& bytes) { return {bytes.data(), bytes.size()}; }

// RocksDB counts what each thread does, from key comparisons on, and nobody here asks for it
// (measured: 3 % of a commit that is not synced). The program may ask for its own databases.
class Uncounted {
 public:
  Uncounted() { rocksdb::SetPerfLevel(rocksdb::kDisable); }
  ~Uncounted() { rocksdb::SetPerfLevel(before_); }
  Uncounted(const Uncounted&) = delete;
  Uncounted& operator=(const Uncounted&) = delete;

 private:
  const rocksdb::PerfLevel before_ = rocksdb::GetPerfLevel();
};

}  // namespace

TableHandles handles_by_table(const std::vector<rocksdb::ColumnFamilyHandle*>& handles) {
  TableHandles by_table{};
  for (const auto& [table, name] : format::kTables) {
    for (rocksdb::ColumnFamilyHandle* each : handles) {
      if (each->GetName() == name) by_table[static_cast<std::size_t>(table)] = each;
    }
  }
  return by_table;
}

std::unique_ptr<RocksDatabase> RocksDatabase::open(const std::filesystem::path& folder,
                                                   const JournalOptions& journal) {
  std::unique_ptr<RocksDatabase> opened(new RocksDatabase(folder, journal.seams.env));
  rocksdb::DBOptions options = primary_options(journal);
  options.env = opened->env_.get();
  options.wal_filter = &opened->wal_order_;
  const bool may_create = journal.create_if_missing;
  std::optional<LossCheck> check_losses;
  if (inspect_folder(folder) == FolderState::store) {
    check_losses.emplace(*options.env->GetFileSystem(), folder, false);
    if (!journal.accept_loss) check_losses->require_none();
    // Files that have lost something may be of a time when more was remembered.
    if (check_losses->losses().empty()) {
      opened->forget_below(check_losses->history_first(), true);
    }
  }
  const auto tables = opened->existing_tables(options, may_create);
  const Uncounted uncounted;
  rocksdb::DB* database = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  check(rocksdb::DB::Open(options, opened->files_.string(), tables, &handles, &database),
        "open the store", folder);
  opened->adopt(database, std::move(handles));
  const bool has_format = opened->has_format();
  if (check_losses) {
    check_losses->take_opened(has_format, opened->sequence());
    if (!journal.accept_loss) check_losses->require_none();
    opened->losses_ = check_losses->losses();
  }
  if (!has_format) {
    opened->require_empty();
    if (!may_create) throw StorageError("there is no store in " + folder.string());
    opened->create_tables();
  }
  return opened;
}

std::unique_ptr<RocksDatabase> RocksDatabase::open_secondary(const std::filesystem::path& folder,
                                                             const std::filesystem::path& scratch,
                                                             LossCheck& check_losses) {
  std::unique_ptr<RocksDatabase> opened(new RocksDatabase(folder));
  rocksdb::DBOptions options = secondary_options();
  options.env = opened->env_.get();
  const auto tables = opened->existing_tables(options, false);
  rocksdb::DB* database = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  check(rocksdb::DB::OpenAsSecondary(options, opened->files_.string(), scratch.string(), tables,
                                     &handles, &database),
        "read the store", folder);
  opened->adopt(database, std::move(handles));
  const bool has_format = opened->has_format();
  check_losses.take_opened(has_format, opened->sequence());
  if (!has_format) {
    check_losses.require_none();
    opened->require_empty();
    throw StorageError("there is no store in " + folder.string());
  }
  return opened;
}

rocksdb::ColumnFamilyOptions RocksDatabase::options_of(std::string_view name) const {
  rocksdb::ColumnFamilyOptions options = table_options(name);
  options.table_properties_collector_factories.push_back(pauses_);
  if (name == table_name(Table::leases)) options.compaction_filter_factory = forgotten_;
  return options;
}

// All that are there, ours or not: RocksDB opens all or none, and only an open store can tell the
// format that an unknown table belongs to.
std::vector<rocksdb::ColumnFamilyDescriptor> RocksDatabase::existing_tables(
    const rocksdb::DBOptions& options, bool may_create) const {
  std::vector<std::string> names{rocksdb::kDefaultColumnFamilyName};
  std::error_code error;
  const bool is_new = may_create && !std::filesystem::exists(files_ / "CURRENT", error);
  if (!is_new) {
    check(rocksdb::DB::ListColumnFamilies(options, files_.string(), &names), "open the store",
          folder_);
  }
  std::vector<rocksdb::ColumnFamilyDescriptor> tables;
  for (const std::string& name : names) tables.emplace_back(name, options_of(name));
  return tables;
}

void RocksDatabase::adopt(rocksdb::DB* database,
                          std::vector<rocksdb::ColumnFamilyHandle*> handles) {
  database_.reset(database);
  handles_ = std::move(handles);
  tables_ = handles_by_table(handles_);
}

bool RocksDatabase::has_format() const {
  if (handle(Table::meta) == nullptr) return false;
  const auto value = get(Table::meta, format::kFormatVersionKey);
  if (!value) return false;
  const std::uint64_t version = format::decode_number(format::kFormatVersionKey, *value);
  if (version > format::kFormatVersion) {
    throw StorageError("cannot open the store " + folder_.string() +
                       ": the store was written in format " + std::to_string(version) +
                       "; this version reads up to format " +
                       std::to_string(format::kFormatVersion));
  }
  for (const auto& [table, name] : format::kTables) {
    if (handle(table) == nullptr) {
      throw CorruptionError("the store " + folder_.string() + " has lost its table " +
                            std::string(name));
    }
  }
  for (const rocksdb::ColumnFamilyHandle* each : handles_) {
    const std::string& name = each->GetName();
    if (name != rocksdb::kDefaultColumnFamilyName && std::ranges::count(tables_, each) == 0) {
      throw StorageError("cannot open the store " + folder_.string() + ": its table " + name +
                         " is not one of this version's");
    }
  }
  return true;
}

// The format version is the last thing that creating a store writes. So a database without one is
// either not yet a store, or damaged.
void RocksDatabase::require_empty() const {
  for (rocksdb::ColumnFamilyHandle* each : handles_) {
    const std::unique_ptr<rocksdb::Iterator> rows(database_->NewIterator(walk_options(), each));
    rows->SeekToFirst();
    check(rows->status(), "read the store", folder_);
    if (rows->Valid()) {
      throw CorruptionError("the store " + folder_.string() + " has rows in its table " +
                            each->GetName() + " but no format version");
    }
  }
}

void RocksDatabase::create_tables() {
  for (const auto& [table, name] : format::kTables) {
    rocksdb::ColumnFamilyHandle*& place = tables_[static_cast<std::size_t>(table)];
    if (place != nullptr) continue;  // an earlier creation came this far
    check(database_->CreateColumnFamily(options_of(name), std::string(name), &place),
          "create the store", folder_);
    handles_.push_back(place);
  }
  // Before the first row, so that a store without a witness has lost it.
  Witness witness;
  observe(witness);
  write_witness(file_system(), folder_, witness);
  rocksdb::WriteBatch batch;
  put(batch, Table::meta, format::kFormatVersionKey,
      format::encode_number(format::kFormatVersionKey, format::kFormatVersion));
  write(batch, true);
}

RocksDatabase::RocksDatabase(const std::filesystem::path& folder, rocksdb::Env* env)
    : env_(guard_tables(*read_twice(
          *next_log_made_ahead(*private_files(env != nullptr ? *env : *rocksdb::Env::Default()))))),
      folder_(folder),
      files_(database_folder(folder)) {}

RocksDatabase::~RocksDatabase() {
  try {
    close();
  } catch (const PharoxError&) {
    // close() reports; the destructor cannot.
  }
}

void RocksDatabase::shorten_logs() {
  constexpr std::uint64_t kLong = std::uint64_t{16} << 20;  // taken out in a tenth of a second
  std::uint64_t bytes = 0;
  database_->GetAggregatedIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables, &bytes);
  if (bytes >= kLong) database_->Flush(rocksdb::FlushOptions(), handles_).PermitUncheckedError();
}

void RocksDatabase::stop_background() { rocksdb::CancelAllBackgroundWork(database_.get(), true); }

void RocksDatabase::close() {
  if (!database_) return;
  for (rocksdb::ColumnFamilyHandle* each : handles_) database_->DestroyColumnFamilyHandle(each);
  handles_.clear();
  tables_.fill(nullptr);
  const rocksdb::Status status = database_->Close();
  database_.reset();
  check(status, "close the store", folder_);
}

void RocksDatabase::visit(Table table, std::string_view from, const RowVisitor& visit) {
  const Uncounted uncounted;
  const std::unique_ptr<rocksdb::Iterator> rows(
      database_->NewIterator(walk_options(), handle(table)));
  for (rows->Seek(slice(from)); rows->Valid(); rows->Next()) {
    if (!visit(view(rows->key()), view(rows->value()))) return;
  }
  check(rows->status(), "read the table " + std::string(table_name(table)) + " of", folder_);
}

std::optional<std::string> RocksDatabase::last_key(Table table) {
  const std::unique_ptr<rocksdb::Iterator> rows(
      database_->NewIterator(walk_options(), handle(table)));
  rows->SeekToLast();
  check(rows->status(), "read the table " + std::string(table_name(table)) + " of", folder_);
  return rows->Valid() ? std::optional(rows->key().ToString()) : std::nullopt;
}

// From the counts of rows and tombstones that each file keeps.
std::size_t RocksDatabase::estimated_rows(Table table) {
  std::uint64_t rows = 0;
  database_->GetIntProperty(handle(table), rocksdb::DB::Properties::kEstimateNumKeys, &rows);
  return rows;
}

std::optional<std::string> RocksDatabase::get(Table table, std::string_view key) const {
  std::string value;
  const auto status = database_->Get(rocksdb::ReadOptions(), handle(table), slice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  check(status, "read the table " + std::string(table_name(table)) + " of", folder_);
  return value;
}

void RocksDatabase::put(rocksdb::WriteBatch& batch, Table table, std::string_view key,
                        std::string_view value) const {
  check(batch.Put(handle(table), slice(key), slice(value)), "commit to", folder_);
}

void RocksDatabase::erase(rocksdb::WriteBatch& batch, Table table, std::string_view key) const {
  check(batch.Delete(handle(table), slice(key)), "commit to", folder_);
}

void RocksDatabase::write(rocksdb::WriteBatch& batch, bool sync) {
  require_sound();
  rocksdb::WriteOptions options;
  options.sync = sync;
  const Uncounted uncounted;
  check(database_->Write(options, &batch), "commit to", folder_);
}

// Not by SyncWAL(): when a flush in the background has failed to sync a WAL, that would sync the
// same file again, which trips an assertion in Debian's RocksDB and aborts the process. A write is
// refused then.
void RocksDatabase::sync() {
  rocksdb::WriteBatch nothing;
  write(nothing, true);
}

// Beside RocksDB, through files of our own: its ways to sync a log keep everybody waiting who
// writes meanwhile. What is no longer in a log is in a table file, and synced.
void RocksDatabase::sync_logs() {
  const MutexLock lock(syncing_logs_);
  require_sound();
  rocksdb::FileSystem& files = file_system();
  try {
    for (const std::uint64_t number : log_numbers(files, folder_, min_log())) {
      const std::string path = log_file(folder_, number).string();
      std::unique_ptr<rocksdb::FSRandomRWFile> log;
      const rocksdb::IOStatus opened = files.NewRandomRWFile(path, {}, &log, nullptr);
      if (opened.IsNotFound() || opened.IsPathNotFound()) continue;  // gone since it was listed
      check(opened, "sync", path);
      check(log->Sync({}, nullptr), "sync", path);
    }
    sync_folder(files, files_);
  } catch (const StorageError& error) {
    sync_failure_ = error.what();
    sync_failed_ = true;
    throw;
  }
}

void RocksDatabase::require_sound() const {
  if (!sync_failed_) return;
  throw StorageError("cannot commit to " + folder_.string() +
                     ": syncing what was written before has failed: " + sync_failure_);
}

void RocksDatabase::load(rocksdb::WriteBatch& batch) {
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  check(database_->Write(options, &batch), "write", folder_);
}

void RocksDatabase::flush() {
  check(database_->Flush(rocksdb::FlushOptions(), handles_), "write", folder_);
}

std::uint64_t RocksDatabase::checkpoint(const std::filesystem::path& files) {
  // The WALs are copied, at most as large as they may grow: a flush would leave small table files
  // behind in the store, one for each copy that is ever made.
  constexpr auto kNoFlush = std::numeric_limits<std::uint64_t>::max();
  rocksdb::Checkpoint* made = nullptr;
  check(rocksdb::Checkpoint::Create(database_.get(), &made), "copy the store", folder_);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  std::uint64_t sequence = 0;
  check(checkpoint->CreateCheckpoint(files.string(), kNoFlush, &sequence), "copy the store",
        folder_);
  return sequence;
}

void RocksDatabase::catch_up() {
  check(database_->TryCatchUpWithPrimary(), "follow the store", folder_);
}

std::vector<std::string> RocksDatabase::table_files() const {
  std::vector<rocksdb::LiveFileMetaData> files;
  database_->GetLiveFilesMetaData(&files);
  std::vector<std::string> names;
  for (const rocksdb::LiveFileMetaData& file : files) names.push_back(file.relative_filename);
  return names;
}

void RocksDatabase::verify_table_file(const std::string& name) const {
  const std::filesystem::path file = files_ / name;
  rocksdb::Options options(secondary_options(), table_options({}));
  options.env = env_.get();
  rocksdb::SstFileReader reader(options);
  rocksdb::Status status = reader.Open(file.string());
  if (status.ok()) status = reader.VerifyChecksum();
  if (status.IsPathNotFound()) throw CorruptionError("the file " + file.string() + " is missing");
  check(status, "verify", file);
}

std::pair<std::string, std::uint64_t> RocksDatabase::synced_manifest() const {
  std::vector<std::string> names;
  std::uint64_t size = 0;
  check(database_->GetLiveFiles(names, &size, false), "read the store", folder_);
  constexpr std::string_view kPrefix = "/MANIFEST-";
  const auto name = std::find_if(names.begin(), names.end(),
                                 [&](const auto& each) { return each.starts_with(kPrefix); });
  if (name == names.end()) throw StorageError("cannot read the store " + folder_.string());
  return {name->substr(1), size};
}

// Rows of earlier logs are in table files.
std::uint64_t RocksDatabase::min_log() const {
  std::uint64_t number = 0;
  database_->GetIntProperty(rocksdb::DB::Properties::kMinLogNumberToKeep, &number);
  return number;
}

void RocksDatabase::observe(Witness& witness) const {
  const auto manifest = synced_manifest();
  observe_manifest(file_system(), folder_, manifest.first, manifest.second, witness);
  observe_logs(file_system(), folder_, min_log(), witness);
  // A flush meanwhile may have made a log needless that is listed: such a list vouches for nothing.
  if (synced_manifest() != manifest) witness.logs.clear();
}

}  // namespace pharox::storage
