// A crash-safe storage in a folder.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pharox/durability.h"
#include "pharox/lease_storage.h"

namespace pharox {

namespace engine {
class RocksDbSeams;
}
namespace storage {
struct DatabaseSeams;
}

struct RocksDbStorageOptions : LeaseStorageOptions {
  Durability durability = Durability::sync;

  // Whether a folder that is missing or empty becomes a new store, or is an error.
  bool create_if_missing = true;

  // Whether a store that has lost changes is opened as it is, or refused with a CorruptionError
  // that says what is missing, and left untouched. What was lost stands in the RecoveryReport;
  // fencing tokens go on above all that may have been handed out.
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

// One process at a time has a store open. Must be gone before main() returns: RocksDB's own static
// objects, which closing needs, may be destroyed before static objects of the program.
class RocksDbStorage final : public LeaseStorage {
 public:
  // Opens the store and rebuilds the state in memory: linear in proxies, active leases and
  // those that the history keeps, not in what ever was. Throws StoreLockedError naming the holder
  // where that can be known; CorruptionError naming the record or file, or what was lost;
  // StorageError when the folder is not a store, was written by a newer version, or cannot be read
  // or written.
  explicit RocksDbStorage(const std::filesystem::path& folder,
                          const RocksDbStorageOptions& options = {});

  // Closes as close() does; a failure goes to the log.
  ~RocksDbStorage() override;

  // Of the constructor.
  const RecoveryReport& recovery_report() const { return report_; }

  // Makes a copy of the store in `folder`, which is missing or empty: a store of its own, for a
  // backup. It shows one moment of the order of all changes, and has every change that was
  // acknowledged before the call; whoever leases meanwhile is not held up. It is on the disk when
  // the call returns. On the same file system it shares files with this store through hard links,
  // so it costs little, and damage to the disk may hit both.
  //
  // Throws StorageError, after a failed commit too, with nothing left in `folder`. Any thread may
  // call.
  void checkpoint(const std::filesystem::path& folder);

  // After a commit has failed (a full disk, an I/O error), once its cause is gone: closes the
  // folder and opens it again inside this object, so that whoever refers to it, a manager or a
  // guard of a lease, goes on. Until then every write throws StorageError with the cause, and reads
  // go on with the state in memory, which may show the change that failed.
  //
  // When it returns, the change of each commit that failed is wholly there or wholly absent, for
  // good; what was acknowledged is there; and writes are taken again. A lease that a failed acquire
  // left behind has nobody who knows of it: it ends when its time is over.
  //
  // No other process can open the store meanwhile. Other threads may go on calling: their writes
  // are refused until it is done, reads of ended leases and health results wait for it. Called from
  // several threads, one of them does it. From inside a filter's predicate: InvalidArgumentError.
  //
  // Throws as the constructor does, but never StoreLockedError: the state in memory can still be
  // read, ended leases and health results perhaps not (StorageError), and reopen() may be called
  // again. After close(): StorageError. Returns what it found; none, having done nothing, when no
  // commit has failed. Costs as much time as opening does, and the state's memory a second time.
  std::optional<RecoveryReport> reopen();

  // Writes what is pending and closes the folder, after some tenths of a second where the next
  // opening would take as long for it. Every later call throws StorageError. Throws StorageError
  // when writing fails. A second close does nothing.
  void close();

 private:
  friend class engine::RocksDbSeams;
  RocksDbStorage(const std::filesystem::path& folder, const RocksDbStorageOptions& options,
                 const storage::DatabaseSeams& seams, RecoveryReport report = {});

  const RecoveryReport report_;
  const std::function<void(std::string_view line)> log_;
};

}  // namespace pharox
