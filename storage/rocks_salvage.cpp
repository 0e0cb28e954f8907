// How a damaged database is read:
//
// 1. Every log is rewritten with the records that can be read in it, before and behind the damage.
// 2. If the manifest and all table files that it names are there, it is opened as it is.
// 3. If not, RocksDB makes a new manifest of the table files that are there, and of the logs; the
//    newest version of a row wins. Rows deleted long ago may come back from a table file that was
//    no longer needed.
// 4. A block that cannot be read is stepped over: the first key behind it at which reading works
//    again is searched by doubling the step, then by halving it.
#include <rocksdb/db.h>
#include <rocksdb/sst_file_writer.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include "pharox/errors.h"
#include "storage/rocks_database.h"
#include "storage/rocks_log_scan.h"
#include "storage/rocks_losses.h"
#include "storage/rocks_options.h"
#include "storage/rocks_status.h"
#include "storage/rocks_table_guard.h"
#include "storage/salvage.h"
#include "storage/store_folder.h"

namespace pharox::storage {
namespace {

namespace fs = std::filesystem;
using format::Table;

// A key as a number, for searching among keys: big-endian, and zeroes behind a shorter key.
class KeyNumber {
 public:
  static constexpr std::size_t kBits = std::size_t{24} * 8;  // a cursor's key has 23 bytes

  explicit KeyNumber(std::string_view key) { key.copy(bytes_.data(), bytes_.size()); }
  std::string_view bytes() const { return {bytes_.data(), bytes_.size()}; }

  // Adds 2^bit; false when that is beyond the last key.
  bool add_power(std::size_t bit) {
    std::size_t at = bytes_.size() - 1 - bit / 8;
    unsigned sum = byte(at) + (1u << (bit % 8));
    for (;; sum = byte(at) + 1u) {
      bytes_[at] = static_cast<char>(sum);
      if (sum < 256) return true;
      if (at-- == 0) return false;
    }
  }

 private:
  unsigned byte(std::size_t at) const { return static_cast<unsigned char>(bytes_[at]); }
  std::array<char, kBits / 8> bytes_{};
};

class RocksSalvage final : public SalvageReader {
 public:
  explicit RocksSalvage(const fs::path& copy) : folder_(copy), files_(database_folder(copy)) {
    mend_logs();
    if (const auto status = open(); !status.ok()) {
      unreadable_.push_back("the database as a whole (" + status.ToString() +
                            "): its table files and logs were read one by one");
      rebuild();
      check(open(), "salvage", files_);
    }
  }
  ~RocksSalvage() override {
    for (auto* each : handles_) database_->DestroyColumnFamilyHandle(each);
  }

  void visit(Table table, std::string_view from, const RowVisitor& visit) override {
    if (handle(table) == nullptr) return;
    std::string at(from);
    for (;;) {
      const auto rows = iterator(table);
      for (rows->Seek(at); rows->Valid(); rows->Next()) {
        at = rows->key().ToString() + '\0';
        if (!visit(rows->key().ToStringView(), rows->value().ToStringView())) return;
      }
      if (rows->status().ok()) return;
      unreadable_.push_back("a part of the table " + std::string(table_name(table)) + " (" +
                            rows->status().ToString() + ")");
      const auto next = first_readable(table, at);
      if (!next) return;
      at = *next;
    }
  }

  std::optional<std::string> last_key(Table table) override {
    std::optional<std::string> last;
    visit(table, {}, [&](std::string_view key, std::string_view) { return last = key, true; });
    return last;
  }

  std::optional<std::string> find(Table table, std::string_view key) override {
    std::string value;
    if (handle(table) == nullptr) return std::nullopt;
    const rocksdb::Slice slice(key.data(), key.size());
    const auto status = database_->Get({}, handle(table), slice, &value);
    return status.ok() ? std::optional(value) : std::nullopt;
  }

  const std::vector<std::string>& unreadable() const override { return unreadable_; }

 private:
  rocksdb::DBOptions salvage_options() const {
    rocksdb::DBOptions options = secondary_options();
    options.env = env_.get();
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kSkipAnyCorruptedRecords;
    return options;
  }

  void mend_logs() {
    auto& files = *rocksdb::FileSystem::Default();
    for (const std::uint64_t number : log_numbers(files, folder_, 0)) {
      const fs::path path = log_file(folder_, number);
      if (!scan_log(files, path).stops_at) continue;
      unreadable_.push_back("a part of the log " + path.filename().string());
      check(WriteStringToFile(&files, mended_log(files, path), path.string(), false), "write",
            path);
    }
  }

  rocksdb::Status open() {
    const rocksdb::DBOptions options = salvage_options();
    std::vector<std::string> names;
    auto status = rocksdb::DB::ListColumnFamilies(options, files_.string(), &names);
    if (!status.ok()) return status;
    std::vector<rocksdb::ColumnFamilyDescriptor> tables;
    for (const std::string& name : names) tables.emplace_back(name, table_options(name));
    rocksdb::DB* database = nullptr;
    status =
        rocksdb::DB::OpenForReadOnly(options, files_.string(), tables, &handles_, &database, false);
    if (!status.ok()) return status;
    database_.reset(database);
    tables_ = handles_by_table(handles_);
    return status;
  }

  void rebuild() {
    std::vector<rocksdb::ColumnFamilyDescriptor> tables;
    tables.emplace_back(rocksdb::kDefaultColumnFamilyName, table_options({}));
    for (const auto& [table, name] : format::kTables) {
      tables.emplace_back(std::string(name), table_options(name));
    }
    for (const char* name : {"CURRENT", "IDENTITY"}) {
      std::error_code ignored;
      fs::remove(files_ / name, ignored);
    }
    seed_tables(tables);
    drop_old_logs();
    check(rocksdb::RepairDB(files_.string(), salvage_options(), tables, table_options({})),
          "salvage", files_);
  }

  // RocksDB learns from table files which tables there are, and passes over what a log has of
  // others. So each table gets a file, which deletes a key that nothing has. Its number is above
  // all others; the tables' numbers are those of creation; and it is older than every row.
  void seed_tables(const std::vector<rocksdb::ColumnFamilyDescriptor>& tables) {
    const fs::path seeds = folder_ / "seeds";
    rocksdb::DBOptions options = salvage_options();
    options.create_if_missing = true;
    options.create_missing_column_families = true;
    rocksdb::DB* opened = nullptr;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    check(rocksdb::DB::Open(options, seeds.string(), tables, &handles, &opened), "salvage", seeds);
    const std::unique_ptr<rocksdb::DB> database(opened);
    std::uint64_t number = greatest_number();
    rocksdb::Status status;
    for (auto* each : handles) {
      const fs::path file = files_ / (std::to_string(++number) + ".sst");
      rocksdb::SstFileWriter writer({}, rocksdb::Options(options, table_options(each->GetName())),
                                    each);
      if (status.ok()) status = writer.Open(file.string());
      if (status.ok()) status = writer.Delete(std::string(64, '\xff'));
      if (status.ok()) status = writer.Finish();
    }
    for (auto* each : handles) database->DestroyColumnFamilyHandle(each);
    check(status, "salvage", seeds);
  }

  // What a log has that was flushed is in a table file too, and RocksDB would refuse the two.
  void drop_old_logs() {
    auto& files = *rocksdb::FileSystem::Default();
    std::optional<Witness> witness;
    try {
      witness = read_witness(files, folder_);
    } catch (const CorruptionError&) {
      // Then all logs are taken.
    }
    if (!witness) return;
    for (const std::uint64_t number : log_numbers(files, folder_, 0)) {
      if (number < witness->min_log) fs::remove(log_file(folder_, number));
    }
  }

  std::uint64_t greatest_number() const {
    std::uint64_t greatest = 1'000'000;
    for (const auto& entry : fs::directory_iterator(files_)) {
      const std::string stem = entry.path().stem().string();
      if (stem.size() < 18 && stem.find_first_not_of("0123456789") == stem.npos && !stem.empty()) {
        greatest = std::max<std::uint64_t>(greatest, std::stoull(stem));
      }
    }
    return greatest;
  }

  std::unique_ptr<rocksdb::Iterator> iterator(Table table) const {
    return std::unique_ptr<rocksdb::Iterator>(
        database_->NewIterator(walk_options(), handle(table)));
  }

  bool is_readable(Table table, const KeyNumber& key) const {
    const auto rows = iterator(table);
    rows->Seek(rocksdb::Slice(key.bytes().data(), key.bytes().size()));
    return rows->status().ok();
  }

  std::optional<std::string> first_readable(Table table, std::string_view behind) const {
    KeyNumber damaged(behind);
    KeyNumber readable = damaged;
    std::size_t bit = 0;
    for (; bit < KeyNumber::kBits; ++bit) {
      readable = damaged;
      if (!readable.add_power(bit)) return std::nullopt;
      if (is_readable(table, readable)) break;
    }
    if (bit == KeyNumber::kBits) return std::nullopt;
    // The answer is above damaged, and at most 2^bit above it.
    while (bit-- > 0) {
      KeyNumber middle = damaged;
      middle.add_power(bit);
      (is_readable(table, middle) ? readable : damaged) = middle;
    }
    return std::string(readable.bytes());
  }

  rocksdb::ColumnFamilyHandle* handle(Table table) const {
    return tables_[static_cast<std::size_t>(table)];
  }

  const fs::path folder_;
  const fs::path files_;
  const std::unique_ptr<rocksdb::Env> env_ = guard_tables(*rocksdb::Env::Default());
  std::unique_ptr<rocksdb::DB> database_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
  TableHandles tables_{};
  std::vector<std::string> unreadable_;
};

}  // namespace

std::unique_ptr<SalvageReader> SalvageReader::open(const fs::path& copy) {
  return std::make_unique<RocksSalvage>(copy);
}

std::vector<std::string> known_losses(const fs::path& store) {
  try {
    const LossCheck found(*rocksdb::FileSystem::Default(), store, false);
    std::vector<std::string> lines = found.losses().findings;
    if (const std::uint64_t missing = found.losses().missing_changes; missing != 0) {
      lines.push_back("at least " + std::to_string(missing) + " row changes");
    }
    return lines;
  } catch (const StorageError& error) {
    return {error.what()};
  }
}

}  // namespace pharox::storage
