#include "storage/store_folder.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "pharox/errors.h"
#include "storage/file_descriptor.h"

namespace pharox::storage {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(std::string_view action, const fs::path& path, const std::error_code& why) {
  throw StorageError("cannot " + std::string(action) + " " + path.string() + ": " + why.message());
}

std::error_code last_error() { return {errno, std::generic_category()}; }

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) fail("read the folder", folder, error);
  return names;
}

// What RocksDB leaves when it is cut short before it has written CURRENT, its root.
bool is_unborn_database_file(std::string_view name) {
  return name == "LOCK" || name == "IDENTITY" || name.starts_with("MANIFEST-") ||
         name.ends_with(".dbtmp");
}

bool holds_records(std::string_view name) {
  return name.ends_with(".sst") || name.ends_with(".log");
}

// A database without CURRENT would be created anew over its own data files, so this is the last
// moment at which they can be saved.
void check_unborn_database(const fs::path& database) {
  const std::vector<std::string> names = names_in(database);
  const auto data = std::find_if(names.begin(), names.end(), holds_records);
  if (data != names.end()) {
    throw CorruptionError(database.string() + " holds data (" + *data +
                          ") but its file CURRENT is missing");
  }
  const auto foreign = std::find_if_not(names.begin(), names.end(), is_unborn_database_file);
  if (foreign != names.end()) {
    throw StorageError(database.string() + " is no store: it holds " + *foreign);
  }
}

void make_folder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    fail("create the folder", folder, last_error());
  }
}

}  // namespace

void sync_folder(const fs::path& folder) {
  const FileDescriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.is_open() || ::fsync(opened.get()) != 0) {
    fail("write the folder", folder, last_error());
  }
}

fs::path database_folder(const fs::path& folder) { return folder / "db"; }
fs::path witness_file(const fs::path& folder) { return folder / "WITNESS"; }

FolderState inspect_folder(const fs::path& folder) {
  std::error_code error;
  const fs::file_status status = fs::status(folder, error);
  if (status.type() == fs::file_type::not_found) return FolderState::absent;
  if (error) fail("open the store", folder, error);
  if (!fs::is_directory(status)) {
    throw StorageError("cannot open the store " + folder.string() + ": it is not a folder");
  }

  const std::vector<std::string> names = names_in(folder);
  const fs::path database = database_folder(folder);
  if (fs::exists(database / "CURRENT", error)) return FolderState::store;
  if (error) fail("open the store", folder, error);
  for (const std::string& name : names) {
    if (name == "db") {
      check_unborn_database(database);
    } else if (name == "WITNESS") {
      throw CorruptionError(database.string() + ": its file CURRENT is missing, though " +
                            witness_file(folder).string() + " says that a store was there");
    } else if (name != "LOCK" && name != "WITNESS.tmp") {
      throw StorageError(folder.string() + " is no store: it holds " + name);
    }
  }
  return FolderState::fresh;
}

void create_folder(const fs::path& folder) {
  std::error_code error;
  const fs::path whole = fs::absolute(folder, error).lexically_normal();
  if (error) fail("create the folder", folder, error);
  const fs::path path = whole.has_filename() ? whole : whole.parent_path();  // "store/" is "store"
  fs::create_directories(path.parent_path(), error);
  if (error) fail("create the folder", path.parent_path(), error);
  make_folder(path);
  make_folder(database_folder(path));
  // Else a power loss could take the folder from under commits that were already acknowledged.
  sync_folder(path);
  sync_folder(path.parent_path());
}

}  // namespace pharox::storage
