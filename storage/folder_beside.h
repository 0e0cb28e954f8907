// A store in the making, or scratch space, beside the folder of a store: on the same file system,
// so that it can be renamed to the store and costs what the store costs.
#pragma once

#include <filesystem>
#include <string_view>

namespace pharox::storage {

// Absolute, through symbolic links, and without a slash at its end, so that its name can be
// extended. Throws StorageError.
std::filesystem::path whole_path(const std::filesystem::path& store);

// Throws StorageError unless a copy of the store may be made in `folder`: it is missing or empty,
// and lies outside the store.
void require_place_for_copy(const std::filesystem::path& store,
                            const std::filesystem::path& folder);

// STORE.<purpose>-<pid>, for its owner alone. It and all in it are gone when the scope ends, unless
// it has become the store. A process that is killed leaves it behind, and nobody reads it.
class FolderBeside {
 public:
  // `store` is a whole path; folders above it are made when they are missing. Throws StorageError
  // when the folder cannot be made.
  FolderBeside(const std::filesystem::path& store, std::string_view purpose);
  ~FolderBeside();
  FolderBeside(const FolderBeside&) = delete;
  FolderBeside& operator=(const FolderBeside&) = delete;

  const std::filesystem::path& path() const { return path_; }

  // Renames it to the store, durably. What is in it must be on the disk. Throws StorageError, too
  // when somebody has put something into the store's place meanwhile.
  void become_store();

 private:
  const std::filesystem::path store_;
  const std::filesystem::path path_;
};

}  // namespace pharox::storage
