#include "pharox/rocksdb_storage.h"

#include <chrono>
#include <utility>
#include <variant>

#include "engine/storage_shell.h"
#include "pharox/errors.h"
#include "storage/persistent_journal.h"
#include "storage/recovery.h"

namespace pharox {
namespace {

// More than a store hands out between one witness and the next; and a store can lose changes two
// billion times before its tokens end.
constexpr std::uint64_t kTokensPerLoss = std::uint64_t{1} << 32;

std::unique_ptr<engine::StorageShell> open_shell(const std::filesystem::path& folder,
                                                 const RocksDbStorageOptions& options,
                                                 RecoveryReport& report) {
  const auto started = std::chrono::steady_clock::now();
  auto journal = storage::open_journal(folder, {.durability = options.durability,
                                                .create_if_missing = options.create_if_missing,
                                                .accept_loss = options.accept_loss,
                                                .history = options.history,
                                                .log = options.log});
  storage::RowSource& rows = journal->rows();
  const storage::Losses losses = journal->losses();
  auto shell = std::make_unique<engine::StorageShell>(
      engine::StorageShell::Options{.clock = options.clock,
                                    .background_reclaimer = options.background_reclaimer,
                                    .id_seed = options.id_seed},
      std::move(journal));
  engine::LeaseState& state = shell->state_before_start();
  storage::recover(rows, state);
  shell->write([&](engine::LeaseState& recovered, const Moment&, storage::ChangeList& changes) {
    // A mark that was lost may have let any number of tokens out.
    if (!losses.empty()) recovered.skip_tokens(kTokensPerLoss, changes);
    recovered.resume_leases(changes);
    return std::monostate{};
  });
  report = {
      .pools = state.pools().size(),
      .consumers = state.consumers().size(),
      .proxies = state.proxy_count(),
      .leases = state.lease_count(),
      .due_leases = state.due_count(shell->started_at()),
      .elapsed = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - started),
      .losses = losses.findings,
      .lost_changes = losses.missing_changes};
  shell->start();
  return shell;
}

}  // namespace

// The base is made before report_: a parameter carries the report past it.
RocksDbStorage::RocksDbStorage(const std::filesystem::path& folder,
                               const RocksDbStorageOptions& options)
    : RocksDbStorage(folder, options, RecoveryReport{}) {}

RocksDbStorage::RocksDbStorage(const std::filesystem::path& folder,
                               const RocksDbStorageOptions& options, RecoveryReport report)
    : LeaseStorage(open_shell(folder, options, report)), report_(report), log_(options.log) {}

RocksDbStorage::~RocksDbStorage() {
  try {
    close();
  } catch (const StorageError& error) {
    if (log_) log_(error.what());
  }
}

void RocksDbStorage::close() {
  const auto journal = shell_->stop();
  if (journal) static_cast<storage::PersistentJournal&>(*journal).close();
}

}  // namespace pharox
