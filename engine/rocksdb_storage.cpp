#include "pharox/rocksdb_storage.h"

#include <chrono>
#include <utility>

#include "engine/rocksdb_seams.h"
#include "engine/storage_shell.h"
#include "pharox/errors.h"
#include "storage/persistent_journal.h"
#include "storage/recovery.h"

namespace pharox {
namespace {

using std::chrono::steady_clock;

std::unique_ptr<engine::LeaseState> recover(storage::PersistentJournal& journal,
                                            const engine::LeaseState::Options& options,
                                            steady_clock::time_point started,
                                            RecoveryReport& report) {
  const storage::Losses& losses = journal.losses();
  // A mark that was lost may have let any number of tokens out.
  const std::uint64_t skipped_tokens = losses.empty() ? 0 : storage::kTokensPerLoss;
  auto state = engine::recover_state(journal.rows(), journal, options, skipped_tokens);
  report = {.pools = state->pools().size(),
            .consumers = state->consumers().size(),
            .proxies = state->proxy_count(),
            .leases = state->lease_count(),
            .due_leases = state->due_at_start(),
            .elapsed = std::chrono::duration_cast<Duration>(steady_clock::now() - started),
            .losses = losses.findings,
            .lost_changes = losses.missing_changes};
  return state;
}

std::unique_ptr<engine::StorageShell> open_shell(const std::filesystem::path& folder,
                                                 const RocksDbStorageOptions& options,
                                                 const storage::DatabaseSeams& seams,
                                                 RecoveryReport& report) {
  const auto started = steady_clock::now();
  auto journal = storage::open_journal(folder, {.durability = options.durability,
                                                .create_if_missing = options.create_if_missing,
                                                .accept_loss = options.accept_loss,
                                                .history = options.history,
                                                .log = options.log,
                                                .seams = seams});
  storage::PersistentJournal& opened = *journal;
  auto shell = std::make_unique<engine::StorageShell>(
      engine::StorageShell::Options{.clock = options.clock,
                                    .background_reclaimer = options.background_reclaimer,
                                    .id_seed = options.id_seed},
      std::move(journal), [&](storage::Journal&, const engine::LeaseState::Options& state) {
        return recover(opened, state, started, report);
      });
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

std::optional<RecoveryReport> RocksDbStorage::reopen() {
  const auto started = steady_clock::now();
  RecoveryReport report;
  const auto open_again = [&](storage::Journal& journal, const engine::LeaseState::Options& state) {
    auto& opened = static_cast<storage::PersistentJournal&>(journal);
    opened.reopen();
    return recover(opened, state, started, report);
  };
  return shell_->reopen(open_again) ? std::optional(report) : std::nullopt;
}

void RocksDbStorage::close() {
  const auto journal = shell_->stop();
  if (journal) static_cast<storage::PersistentJournal&>(*journal).close();
}

}  // namespace pharox
