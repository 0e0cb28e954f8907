// A store that a command makes: how it is written, and looked at before anybody relies on it.
#pragma once

#include <filesystem>
#include <memory>

#include "pharox/time.h"
#include "storage/change.h"
#include "storage/persistent_journal.h"

namespace pharox::tools {

// For records that come from another store: none of them is too much or too old. Throws as
// open_journal does.
std::unique_ptr<storage::PersistentJournal> open_new_store(const std::filesystem::path& folder);

// Changes, many a commit.
class StoreWriter {
 public:
  // `journal` must outlive this.
  StoreWriter(storage::Journal& journal, Timestamp now) : journal_(journal), now_(now) {}

  void append(storage::Change change);
  // What was appended is durable when it returns.
  void flush();

 private:
  storage::Journal& journal_;
  const Timestamp now_;
  storage::ChangeList batch_;
};

// Throws PharoxError, its findings on stderr, unless `pharox verify` finds nothing.
void require_sound_store(const std::filesystem::path& folder);

}  // namespace pharox::tools
