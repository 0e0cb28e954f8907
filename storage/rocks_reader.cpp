// How a view becomes whole. A secondary instance reads the manifest (which table files there are),
// then the WALs. Between the two its primary may flush a WAL's rows to a table file and delete the
// WAL: the view would then lack those rows, though it has later ones. Every such step is first
// written to the manifest. So:
//
// 1. Note the manifest's name and size.
// 2. Open, or catch up: reads the manifest again, then the WALs.
// 3. If name and size are still the same, no row was missed. If not, go back to 1; an error
//    meanwhile was perhaps only a file that went away.
#include "storage/rocks_reader.h"

#include <stdlib.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <system_error>
#include <thread>

#include "pharox/errors.h"
#include "storage/store_folder.h"
#include "storage/store_lock.h"

namespace pharox::storage {
namespace {

namespace fs = std::filesystem;

constexpr int kAttempts = 20;
constexpr std::chrono::milliseconds kPause{10};

// The name and the size of the manifest.
std::string stamp_of(const fs::path& folder) {
  const fs::path database = database_folder(folder);
  std::ifstream current(database / "CURRENT");
  std::string manifest;
  std::getline(current, manifest);
  std::error_code error;
  const auto size = fs::file_size(database / manifest, error);
  return manifest + " " + (error ? "missing" : std::to_string(size));
}

}  // namespace

ScratchFolder::ScratchFolder() {
  std::error_code error;
  const fs::path parent = fs::temp_directory_path(error);
  std::string name = (error ? fs::path("/tmp") : parent) / "pharox-reader-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) {
    const std::error_code why(errno, std::generic_category());
    throw StorageError("cannot create a temporary folder " + name + ": " + why.message());
  }
  path_ = name;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::unique_ptr<StoreReader> StoreReader::open(const fs::path& folder, bool accept_loss) {
  if (inspect_folder(folder) != FolderState::store) {
    throw StorageError("there is no store in " + folder.string());
  }
  return std::make_unique<RocksReader>(folder, accept_loss);
}

RocksReader::RocksReader(const fs::path& folder, bool accept_loss) : folder_(folder) {
  for (int attempt = 1; attempt <= kAttempts; ++attempt) {
    const std::string before = stamp_of(folder_);
    try {
      take_view(accept_loss);
      files_stamp_ = stamp_of(folder_);
      taken_at_ = utc_now();
      if (files_stamp_ == before) return;
    } catch (const StorageError&) {
      database_.reset();
      if (stamp_of(folder_) == before) throw;
    }
    std::this_thread::sleep_for(kPause);
  }
  throw StorageError("cannot read the store " + folder_.string() +
                     ": its files change faster than they can be read");
}

// The witness is read before the files, so that they have come as far at least.
void RocksReader::take_view(bool accept_loss) {
  LossCheck check(*rocksdb::FileSystem::Default(), folder_, holder().has_value());
  if (!accept_loss) check.require_none();
  if (!database_) {
    try {
      database_ = RocksDatabase::open_secondary(folder_, scratch_.path(), check);
    } catch (const CorruptionError&) {
      check.require_none();  // says more
      throw;
    }
    if (!accept_loss) check.require_none();
  }
  database_->catch_up();
  losses_ = check.losses();
}

void RocksReader::visit(format::Table table, std::string_view from, const RowVisitor& visit) {
  database_->visit(table, from, visit);
}

std::optional<std::string> RocksReader::last_key(format::Table table) {
  return database_->last_key(table);
}

std::optional<std::string> RocksReader::find(format::Table table, std::string_view key) {
  return database_->get(table, key);
}

std::optional<std::string> RocksReader::holder() const { return StoreLock::holder(folder_); }

std::vector<std::string> RocksReader::verify_files() {
  std::vector<std::string> findings;
  for (const std::string& name : database_->table_files()) {
    try {
      database_->verify_table_file(name);
    } catch (const CorruptionError& error) {
      // A writer may have compacted it away since; else it is damaged or lost.
      std::error_code failure;
      const bool is_gone = !fs::exists(database_->files() / name, failure) && !failure;
      if (!is_gone || stamp_of(folder_) == files_stamp_) findings.emplace_back(error.what());
    }
  }
  return findings;
}

}  // namespace pharox::storage
