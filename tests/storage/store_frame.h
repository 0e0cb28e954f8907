// What the tests of the journals share: leases to write, stores to open, rows read back.
#pragma once

#include <rocksdb/db.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "format/codec.h"
#include "format/keys.h"
#include "pharox/errors.h"
#include "storage/persistent_journal.h"
#include "storage/recovery.h"
#include "tests/fixtures/records.h"
#include "tests/fixtures/temp_folder.h"

namespace pharox::tests {

inline format::StoredLease active_lease(std::uint64_t number) {
  format::StoredLease stored;
  stored.lease = {.id = id_of(number),
                  .proxy_id = id_of(1'000'000 + number),
                  .consumer_id = id_of(2'000'000),
                  .pool_id = id_of(3'000'000),
                  .pool_name = "residential",
                  .acquired_at = kStart,
                  .expires_at = kStart + 5min,
                  .token = number};
  stored.duration = 5min;
  return stored;
}

inline format::StoredLease ended_lease(std::uint64_t number, Timestamp ended_at = kStart) {
  format::StoredLease stored = active_lease(number);
  stored.lease.status = LeaseStatus::released;
  stored.lease.released_at = ended_at;
  stored.lease.end_reason = EndReason::consumer;
  return stored;
}

template <class... Changes>
storage::ChangeList changes(Changes... each) {
  storage::ChangeList list;
  (list.push_back(std::move(each)), ...);
  return list;
}

// The numbers of the ended leases that the journal still has, by visiting them.
inline std::vector<std::uint64_t> ended_tokens(storage::Journal& journal, const Uuid& after = {}) {
  std::vector<std::uint64_t> tokens;
  journal.visit_ended_leases(after, [&](const format::StoredLease& stored) {
    tokens.push_back(stored.lease.token);
    return true;
  });
  return tokens;
}

inline std::vector<std::uint64_t> numbers(std::uint64_t first, std::uint64_t last) {
  std::vector<std::uint64_t> all;
  for (std::uint64_t number = first; number <= last; ++number) all.push_back(number);
  return all;
}

// Of the write-ahead logs of a store.
inline std::uintmax_t log_bytes(const std::filesystem::path& folder) {
  std::uintmax_t bytes = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder / "db")) {
    if (file.path().extension() == ".log") bytes += file.file_size();
  }
  return bytes;
}

// Everything that recovery feeds.
class Recovered final : public storage::RecoverySink {
 public:
  Recovered() = default;
  explicit Recovered(storage::RowSource& source) { storage::recover(source, *this); }

  void restore_pool(ProxyPool pool) override { pools.push_back(std::move(pool)); }
  void restore_consumer(Consumer consumer) override { consumers.push_back(std::move(consumer)); }
  void restore_proxy(const Proxy& proxy) override { proxies.push_back(proxy); }
  void restore_lease(const format::StoredLease& stored) override { leases.push_back(stored); }
  void restore_cursor(const Uuid& pool_id, const Uuid& last) override { cursors[pool_id] = last; }
  void restore_token_mark(std::uint64_t mark) override { token_mark = mark; }
  void restore_boot_anchor(const format::BootAnchor& found) override { anchor = found; }
  void restore_last_lease(const Uuid& lease_id) override { last_lease = lease_id; }
  void finish_recovery(const storage::RecoveryErrorHandler&) override { finished = true; }

  std::vector<ProxyPool> pools;
  std::vector<Consumer> consumers;
  std::vector<Proxy> proxies;
  std::vector<format::StoredLease> leases;
  std::map<Uuid, Uuid> cursors;
  std::uint64_t token_mark = 0;
  std::optional<format::BootAnchor> anchor;
  std::optional<Uuid> last_lease;
  bool finished = false;
};

inline std::size_t count_rows(storage::RowSource& source, format::Table table) {
  std::size_t rows = 0;
  source.visit(table, {}, [&](auto, auto) { return ++rows, true; });
  return rows;
}

// The message of the error that `call` throws, which must be an `Error`; else what happened.
template <class Error, class Call>
std::string message_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  } catch (const std::exception& error) {
    return std::string("another error: ") + error.what();
  }
  return "no error";
}

// A closed store's database, opened behind the journal's back.
class BareDatabase {
 public:
  explicit BareDatabase(const std::filesystem::path& folder) {
    const std::string path = (folder / "db").string();
    std::vector<std::string> names;
    rocksdb::DBOptions options;
    options.create_if_missing = true;
    if (!rocksdb::DB::ListColumnFamilies(options, path, &names).ok()) names = {"default"};
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const std::string& name : names)
      families.emplace_back(name, rocksdb::ColumnFamilyOptions());
    rocksdb::DB* opened = nullptr;
    const auto status = rocksdb::DB::Open(options, path, families, &handles_, &opened);
    if (!status.ok()) throw std::runtime_error(status.ToString());
    database_.reset(opened);
  }
  ~BareDatabase() {
    for (auto* each : handles_) database_->DestroyColumnFamilyHandle(each);
  }
  BareDatabase(const BareDatabase&) = delete;
  BareDatabase& operator=(const BareDatabase&) = delete;

  rocksdb::DB& operator*() { return *database_; }
  void put(format::Table table, const std::string& key, const std::string& value) {
    if (!database_->Put({}, family(table), key, value).ok()) throw std::runtime_error("put");
  }
  void erase(format::Table table, const std::string& key) {
    if (!database_->Delete({}, family(table), key).ok()) throw std::runtime_error("erase");
  }
  // From the WAL to table files.
  void flush() {
    if (!database_->Flush({}, handles_).ok()) throw std::runtime_error("flush");
  }
  // All table files of a table into new ones, even where they could be moved as they are.
  rocksdb::Status compact(format::Table table) {
    rocksdb::CompactRangeOptions options;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    return database_->CompactRange(options, family(table), nullptr, nullptr);
  }
  // Compacts into several files of one level, of about so many bytes each. Returns them in the
  // order of their keys.
  std::vector<rocksdb::LiveFileMetaData> spread(format::Table table, std::size_t bytes) {
    const std::string size = std::to_string(bytes);
    if (!database_->SetOptions(family(table), {{"target_file_size_base", size}}).ok() ||
        !compact(table).ok()) {
      throw std::runtime_error("spread");
    }
    std::vector<rocksdb::LiveFileMetaData> files;
    database_->GetLiveFilesMetaData(&files);
    std::erase_if(files, [&](const auto& file) {
      return file.column_family_name != format::table_name(table);
    });
    std::ranges::sort(files, {}, &rocksdb::LiveFileMetaData::smallestkey);
    return files;
  }
  rocksdb::ColumnFamilyHandle* family(format::Table table) {
    return *std::find_if(handles_.begin(), handles_.end(),
                         [&](auto* each) { return each->GetName() == format::table_name(table); });
  }

 private:
  std::unique_ptr<rocksdb::DB> database_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
};

}  // namespace pharox::tests
