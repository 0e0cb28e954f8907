#include "pharox/rocksdb_storage.h"

#include <chrono>
#include <utility>
#include <variant>

#include "engine/rocksdb_seams.h"
#include "engine/storage_shell.h"
#include "pharox/errors.h"
#include "storage/persistent_journal.h"
#include "storage/recovery.h"

namespace pharox {
namespace {

std::unique_ptr<engine::StorageShell> open_shell(const std::filesystem::path& folder,
                                                 const RocksDbStorageOptions& options,
                                                 const storage::DatabaseSeams& seams,
                                                 RecoveryReport& report) {
  const auto started = std::chrono::steady_clock::now();
  auto journal = storage::open_journal(folder, {.durability = options.durability,
                                                .create_if_missing = options.create_if_missing,
                                                .history = options.history,
                                                .log = options.log,
                                                .seams = seams});
  storage::RowSource& rows = journal->rows();
  auto shell = std::make_unique<engine::StorageShell>(
      engine::StorageShell::Options{.clock = options.clock,
                                    .background_reclaimer = options.background_reclaimer,
                                    .id_seed = options.id_seed},
      std::move(journal));
  engine::LeaseState& state = shell->state_before_start();
  storage::recover(rows, state);
  shell->write([](engine::LeaseState& recovered, const Moment&, storage::ChangeList& changes) {
    recovered.resume_leases(changes);
    return std::monostate{};
  });
  report = {
      .pools = state.pools().size(),
      .consumers = state.consumers().size(),
      .proxies = state.proxy_count(),
      .leases = state.lease_count(),
      .due_leases = state.due_count(shell->started_at()),
      .elapsed = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - started)};
  shell->start();
  return shell;
}

}  // namespace

// The base is made before report_: a parameter carries the report past it.
RocksDbStorage::RocksDbStorage(const std::filesystem::path& folder,
                               const RocksDbStorageOptions& options)
    : RocksDbStorage(folder, options, storage::DatabaseSeams{}) {}

RocksDbStorage::RocksDbStorage(const std::filesystem::path& folder,
                               const RocksDbStorageOptions& options,
                               const storage::DatabaseSeams& seams, RecoveryReport report)
    : LeaseStorage(open_shell(folder, options, seams, report)),
      report_(report),
      log_(options.log) {}

std::unique_ptr<RocksDbStorage> engine::RocksDbSeams::open(const std::filesystem::path& folder,
                                                           const RocksDbStorageOptions& options,
                                                           const storage::DatabaseSeams& seams) {
  return std::unique_ptr<RocksDbStorage>(new RocksDbStorage(folder, options, seams));
}

RocksDbStorage::~RocksDbStorage() {
  try {
    close();
  } catch (const StorageError& error) {
    if (log_) log_(error.what());
  }
}

void RocksDbStorage::checkpoint(const std::filesystem::path& folder) {
  shell_->read_journal([&](storage::Journal& journal) {
    static_cast<storage::PersistentJournal&>(journal).checkpoint(folder);
  });
}

void RocksDbStorage::close() {
  const auto journal = shell_->stop();
  if (journal) static_cast<storage::PersistentJournal&>(*journal).close();
}

}  // namespace pharox
