#include "pharox/in_memory_storage.h"

#include "engine/storage_shell.h"
#include "storage/null_journal.h"

namespace pharox {

InMemoryStorage::InMemoryStorage(const LeaseStorageOptions& options)
    : LeaseStorage(std::make_unique<engine::StorageShell>(
          engine::StorageShell::Options{.clock = options.clock,
                                        .background_reclaimer = options.background_reclaimer,
                                        .id_seed = options.id_seed},
          std::make_unique<storage::NullJournal>(options.history),
          [](storage::Journal&, const engine::LeaseState::Options& state) {
            return std::make_unique<engine::LeaseState>(state);
          })) {
  shell_->start();
}

}  // namespace pharox
