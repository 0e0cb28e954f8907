// What a machine keeps of a journal: the rows of all tables, and how much of the order in which
// they were changed would be lost now.
//
// The fault model. Three places in the order, each at or before the next:
//
//   synced    survives power loss
//   written   survives the end of the process: what was acknowledged, and maybe more
//   last      what was appended
//
// A crash keeps a prefix of the order: after the end of the process one that ends in
// [written, last], after power loss one in [synced, last]. What an opening has recovered is synced.
// Operations are kept or lost whole. Rows are the codec's bytes, so that what is recovered went
// through it twice.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "format/persisted.h"
#include "storage/journal.h"
#include "storage/recovery.h"

namespace pharox::tests {

// Not thread-safe.
class SimulatedDisk final : public storage::RowSource {
 public:
  using Ticket = storage::Journal::Ticket;
  using Rows = std::map<std::string, std::string, std::less<>>;

  explicit SimulatedDisk(Durability durability) : durability_(durability) {}

  Durability durability() const { return durability_; }
  Ticket last() const { return last_; }
  Ticket written() const { return written_; }
  Ticket synced() const { return synced_; }
  const Rows& rows(format::Table table) const { return tables_[static_cast<std::size_t>(table)]; }

  Ticket append(const storage::ChangeList& changes);
  // The commit of everything up to `ticket` has succeeded.
  void commit(Ticket ticket);
  void sync();
  // A crash: undoes every operation behind `ticket`.
  void forget_after(Ticket ticket);

  void visit(format::Table table, std::string_view from, const RowVisitor& visit) override;
  std::optional<std::string> last_key(format::Table table) override;

 private:
  struct Undo {
    format::Table table;
    std::string key;
    std::optional<std::string> before;  // the value, if there was one
  };
  struct Operation {
    std::deque<Undo> undo{};
    bool is_synced = false;  // in every mode, when it is committed
  };
  class RowChanges;

  void set(format::Table table, const std::string& key, std::optional<std::string> value);
  void raise_synced(Ticket ticket);

  const Durability durability_;
  std::array<Rows, format::kTables.size()> tables_;
  std::deque<Operation> unsynced_;  // from synced_ + 1 to last_
  std::uint64_t ends_ = 0;          // that ever had a number
  Ticket synced_ = 0;
  Ticket written_ = 0;
  Ticket last_ = 0;
};

}  // namespace pharox::tests
