// The two ways of copying a store.
//
// A checkpoint, by whoever has the store open: RocksDB links or copies its files as they are at one
// moment of the order. Everything appended before the call is waited for first, so it is in it.
//
// A copy from a view, by anybody: the rows of the moment that is shown, written into a new
// database. It shares no file with the store.
//
// Either is made in a folder that nobody looks into until it is whole.
#include "storage/folder_beside.h"
#include "storage/rocks_journal.h"
#include "storage/rocks_reader.h"
#include "storage/rocks_witness.h"
#include "storage/store_folder.h"

namespace pharox::storage {
namespace {

constexpr std::size_t kBatchBytes = std::size_t{1} << 20;

void copy_table(RocksDatabase& from, RocksDatabase& to, format::Table table) {
  rocksdb::WriteBatch batch;
  from.visit(table, {}, [&](std::string_view key, std::string_view value) {
    // The copy has a format version of its own: that of the library that wrote it.
    if (table == format::Table::meta && key == format::kFormatVersionKey) return true;
    to.put(batch, table, key, value);
    if (batch.GetDataSize() >= kBatchBytes) {
      to.load(batch);
      batch.Clear();
    }
    return true;
  });
  to.load(batch);
}

}  // namespace

void RocksJournal::checkpoint(const std::filesystem::path& folder) {
  require_place_for_copy(folder_, folder);
  {
    const MutexLock lock(mutex_);
    settle(appended_);
    if (!failure_.empty()) refuse();
  }
  FolderBeside copy(whole_path(folder), "copying");
  const std::uint64_t sequence = database().checkpoint(database_folder(copy.path()));
  write_witness_of_copy(database().file_system(), copy.path(), sequence);
  copy.become_store();
}

void RocksReader::copy_to(const std::filesystem::path& folder) {
  create_folder(folder);
  const auto copy = RocksDatabase::open(folder, {});
  for (const auto& [table, name] : format::kTables) copy_table(*database_, *copy, table);
  copy->flush();
  const std::uint64_t sequence = copy->sequence();
  copy->close();
  write_witness_of_copy(copy->file_system(), folder, sequence);
}

}  // namespace pharox::storage
