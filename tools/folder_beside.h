// A folder of a command's own beside a store: on the same file system, so that it can be renamed to
// the store and costs what the store costs.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace pharox::tools {

// Absolute, through symbolic links, and without a slash at its end, so that its name can be
// extended.
std::filesystem::path whole_path(const std::string& store);

// STORE.<purpose>-<pid>, for its owner alone. It and all in it are gone when the scope ends, unless
// it has been renamed.
class FolderBeside {
 public:
  // `store` is a whole path. Throws StorageError when the folder cannot be made.
  FolderBeside(const std::filesystem::path& store, std::string_view purpose);
  ~FolderBeside();
  FolderBeside(const FolderBeside&) = delete;
  FolderBeside& operator=(const FolderBeside&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  const std::filesystem::path path_;
};

}  // namespace pharox::tools
