#include "storage/folder_beside.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

#include "pharox/errors.h"
#include "storage/store_folder.h"

namespace pharox::storage {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(std::string_view action, const fs::path& path, const std::error_code& why) {
  throw StorageError("cannot " + std::string(action) + " " + path.string() + ": " + why.message());
}

bool is_within(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first ==
         folder.end();
}

}  // namespace

fs::path whole_path(const fs::path& store) {
  std::error_code error;
  const fs::path path = fs::weakly_canonical(fs::absolute(store), error);
  if (error) fail("find", store, error);
  return path.has_filename() ? path : path.parent_path();
}

void require_place_for_copy(const fs::path& store, const fs::path& folder) {
  const fs::path copy = whole_path(folder);
  if (is_within(copy, whole_path(store))) {
    throw StorageError("cannot copy the store " + store.string() + " into itself, to " +
                       folder.string());
  }
  std::error_code error;
  const fs::file_status status = fs::symlink_status(copy, error);
  if (status.type() == fs::file_type::not_found) return;
  const bool is_free = !error && fs::is_directory(status) && fs::is_empty(copy, error);
  if (error) fail("write", folder, error);
  if (!is_free) {
    throw StorageError("cannot copy the store to " + folder.string() +
                       ": there is something already");
  }
}

FolderBeside::FolderBeside(const fs::path& store, std::string_view purpose)
    : store_(store),
      path_(store.string() + "." + std::string(purpose) + "-" + std::to_string(::getpid())) {
  std::error_code error;
  fs::create_directories(path_.parent_path(), error);
  if (error) fail("create the folder", path_.parent_path(), error);
  if (::mkdir(path_.c_str(), 0700) != 0) {
    fail("create the folder", path_, {errno, std::generic_category()});
  }
}

FolderBeside::~FolderBeside() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void FolderBeside::become_store() {
  sync_folder(path_);
  std::error_code error;
  fs::rename(path_, store_, error);
  if (error) fail("rename " + path_.string() + " to", store_, error);
  sync_folder(store_.parent_path());
}

}  // namespace pharox::storage
