// What a store's files lack of what its witness says they once held.
//
// Before the database is opened, which would delete what it takes for a torn tail:
//
// 1. The manifest that CURRENT names is the witnessed one, with the same beginning, or a later one.
// 2. Each log is whole up to the witnessed change. What is not whole behind that is a torn tail;
//    but if every commit was synced before the next, and another one follows, it was whole once.
//    And if the next log goes on where this one stops, it was accepted as a torn tail before:
//    opening keeps a log in which it found nothing to write to table files.
// 3. If the manifest has not changed at all, so have not the logs that are needed: each one listed
//    is there and begins with the change listed, each goes on where the one before it ends, and the
//    last one reaches the witnessed change.
//
// And once it is open: the database has come at least as far as the witness.
//
// What this cannot see: damage of the last commit of a store that crashed, if that commit came
// after the witness was last written; a log that was lost after a crash within that time of a
// flush; and a store that was put back, witness and all, from an older copy, which is what a backup
// is.
#pragma once

#include <rocksdb/file_system.h>

#include <cstdint>
#include <filesystem>
#include <optional>

#include "storage/persistent_journal.h"
#include "storage/rocks_witness.h"

namespace pharox::storage {

class LossCheck {
 public:
  // Looks at the files; writes nothing. `is_live`: somebody writes meanwhile, so that what is in
  // the logs cannot be judged. Throws StorageError when a file cannot be read.
  LossCheck(rocksdb::FileSystem& files, const std::filesystem::path& folder, bool is_live);

  // What the database opened to: whether it has a format version, and its last change.
  void take_opened(bool has_format, std::uint64_t sequence);

  // Throws CorruptionError with all that was found, and how to go on.
  void require_none() const;
  const Losses& losses() const { return losses_; }
  // From which end of a lease on the history is remembered; 0 where that is not known.
  std::uint64_t history_first() const { return witness_ ? witness_->history_first : 0; }

 private:
  void check_manifest();
  void check_logs();
  void check_log(std::uint64_t number);
  void judge_end();
  // The change that the witness says this log begins with; 0 when it does not say.
  std::uint64_t listed_first(std::uint64_t number) const;
  // A change that must be there and is not: whatever is witnessed from it on is missing.
  void found(const std::filesystem::path& file, const std::string& what,
             std::uint64_t missing_from);

  rocksdb::FileSystem& files_;
  const std::filesystem::path folder_;
  const bool is_live_;
  std::optional<Witness> witness_;
  bool witness_damaged_ = false;
  bool unchanged_ = false;  // the manifest is as witnessed
  // Where the last log that was looked at stops being whole.
  struct End {
    std::filesystem::path path;
    std::optional<std::uint64_t> offset;  // none: it had changes and has no more
    std::uint64_t next = 0;               // the change that would come there; 0: not known
    std::uint64_t resumes = 0;            // of a record behind it; 0: none
  };
  std::optional<End> end_;
  std::uint64_t expected_ = 0;  // the change that the next log must begin with; 0: any
  Losses losses_;
};

}  // namespace pharox::storage
