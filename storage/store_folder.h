// The folder of a store:
//
//   FOLDER/       0700 when we create it
//     LOCK        who has the store open (store_lock.h)
//     WITNESS     how far its files reach (rocks_witness.h)
//     db/         0700, RocksDB's files
#pragma once

#include <filesystem>

namespace pharox::storage {

enum class FolderState {
  absent,  // nothing there
  fresh,   // an empty folder, or one whose creation a crash cut short: it holds no record
  store,
};

// Writes nothing. Throws StorageError when the folder is something else, CorruptionError when it is
// a store that lost the file everything hangs from.
FolderState inspect_folder(const std::filesystem::path& folder);

// Creates what is missing of the folder and its db/, durably. Throws StorageError.
void create_folder(const std::filesystem::path& folder);

// Puts the names in it on the disk. Throws StorageError.
void sync_folder(const std::filesystem::path& folder);

std::filesystem::path database_folder(const std::filesystem::path& folder);
std::filesystem::path witness_file(const std::filesystem::path& folder);

}  // namespace pharox::storage
