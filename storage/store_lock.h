// The lock of a store: at most one journal has it open, in any process.
//
// An open file description lock on FOLDER/LOCK. The kernel drops it when its holder dies, however
// it dies; unlike a POSIX record lock it also keeps out a second opener in the same process, and
// is not lost when some other part of the process opens and closes the file. The file's text names
// the holder ("pid name start"), for messages only: the lock decides, never the text.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "storage/file_descriptor.h"

namespace pharox::storage {

class StoreLock {
 public:
  // Takes the lock. Throws StoreLockedError naming the holder, StorageError when the file cannot be
  // opened or locked.
  explicit StoreLock(const std::filesystem::path& folder);
  // Erases the name, then lets go.
  ~StoreLock();
  StoreLock(const StoreLock&) = delete;
  StoreLock& operator=(const StoreLock&) = delete;

  // "pid 4242 (my-agent)", or none. Neither takes the lock nor writes.
  static std::optional<std::string> holder(const std::filesystem::path& folder);

 private:
  const FileDescriptor file_;
};

}  // namespace pharox::storage
