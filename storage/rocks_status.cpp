#include "storage/rocks_status.h"

#include <string>

#include "pharox/errors.h"

namespace pharox::storage {
namespace {

using rocksdb::Status;

bool is_lock_conflict(const Status& status, std::string_view detail) {
  // RocksDB has no code for it.
  return status.IsIOError() && detail.find("lock") != detail.npos &&
         detail.find("/LOCK") != detail.npos;
}

std::string_view reason(const Status& status) {
  if (status.subcode() == Status::SubCode::kNoSpace) return "the disk is full";
  if (status.subcode() == Status::SubCode::kPathNotFound) return "a file is missing";
  switch (status.code()) {
    case Status::kCorruption:
      return "the files are damaged";
    case Status::kIOError:
      return "the file system failed";
    case Status::kNotFound:
      return "something is missing";
    case Status::kNotSupported:
      return "the files use what this version cannot read";
    case Status::kInvalidArgument:
      return "the files do not fit this version";
    case Status::kShutdownInProgress:
      return "the store is closing";
    default:
      return "the database refused";
  }
}

}  // namespace

void check(const Status& status, std::string_view operation, const std::filesystem::path& path) {
  if (status.ok()) return;
  const std::string_view detail = status.getState() == nullptr ? "" : status.getState();
  const std::string what = "cannot " + std::string(operation) + " " + path.string() + ": ";
  if (is_lock_conflict(status, detail)) {
    throw StoreLockedError(what + "another program has the database open");
  }
  std::string message = what + std::string(reason(status));
  if (!detail.empty()) message += " (" + std::string(detail) + ")";
  if (status.IsCorruption() || status.IsPathNotFound()) throw CorruptionError(message);
  throw StorageError(message);
}

}  // namespace pharox::storage
