// A crash-safe storage in a folder.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "pharox/durability.h"
#include "pharox/lease_storage.h"

namespace pharox {

struct RocksDbStorageOptions : LeaseStorageOptions {
  Durability durability = Durability::sync;

  // Whether a folder that is missing or empty becomes a new store, or is an error.
  bool create_if_missing = true;

  // Whether a store that has lost changes is opened as it is, or refused with a CorruptionError that
  // says what is missing, and left untouched. What was lost stands in the RecoveryReport; fencing
  // tokens go on above all that may have been handed out.
  bool accept_loss = false;

  // Gets warnings and errors of the database underneath, a line each, from any thread. They name
  // files, never records. None: discarded; what matters to a call reaches it as StorageError.
  std::function<void(std::string_view line)> log{};
};

// What opening found.
struct RecoveryReport {
  std::uint64_t pools = 0;
  std::uint64_t consumers = 0;
  std::uint64_t proxies = 0;
  std::uint64_t leases = 0;      // active ones
  std::uint64_t due_leases = 0;  // of them, those whose time was over: reclaimed from now on
  Duration elapsed{};

  // With accept_loss: what is missing, each naming a file, and how many changes of rows that is at
  // least; 0 when it cannot be known.
  std::vector<std::string> losses{};
  std::uint64_t lost_changes = 0;
};

// One process at a time has a store open.
class RocksDbStorage final : public LeaseStorage {
 public:
  // Opens the store and rebuilds the state in memory: linear in proxies and active leases, not in
  // what ever was. Throws StoreLockedError naming the holder where that can be known;
  // CorruptionError naming the record or file, or what was lost; StorageError when the folder is not a store, was
  // written by a newer version, or cannot be read or written.
  explicit RocksDbStorage(const std::filesystem::path& folder,
                          const RocksDbStorageOptions& options = {});

  // Closes as close() does; a failure goes to the log.
  ~RocksDbStorage() override;

  const RecoveryReport& recovery_report() const { return report_; }

  // Writes what is pending and closes the folder. Every later call throws StorageError. Throws
  // StorageError when writing fails. A second close does nothing.
  void close();

 private:
  RocksDbStorage(const std::filesystem::path& folder, const RocksDbStorageOptions& options,
                 RecoveryReport report);

  const RecoveryReport report_;
  const std::function<void(std::string_view line)> log_;
};

}  // namespace pharox
