#include "tests/simulation/simulated_disk.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "format/codec.h"
#include "format/keys.h"

namespace pharox::tests {

using format::Table;
using format::uuid_key;

// What each change means in rows; the table in storage/README.md, written once more.
class SimulatedDisk::RowChanges {
 public:
  explicit RowChanges(SimulatedDisk& disk) : disk_(disk) {}

  void operator()(const storage::PutPool& put) { set(Table::pools, put.pool.id, put.pool); }
  void operator()(const storage::ErasePool& erased) {
    erase(Table::pools, uuid_key(erased.pool_id));
    erase(Table::meta, format::cursor_key(erased.pool_id));
  }
  void operator()(const storage::PutConsumer& put) {
    set(Table::consumers, put.consumer.id, put.consumer);
  }
  void operator()(const storage::PutProxy& put) { set(Table::proxies, put.proxy->id, *put.proxy); }
  void operator()(const storage::EraseProxy& erased) {
    erase(Table::proxies, uuid_key(erased.proxy_id));
    erase(Table::health, uuid_key(erased.proxy_id));
  }
  void operator()(const storage::PutHealth& put) {
    set(Table::health, put.result.proxy_id, put.result);
  }
  void operator()(const storage::PutLease& put) {
    set(Table::leases, put.lease.lease.id, put.lease);
  }
  void operator()(const storage::EndLease& ended) {
    disk_.set(Table::leases, uuid_key(ended.lease.lease.id),
              format::encode(ended.lease, ++disk_.ends_));
  }
  void operator()(const storage::PutCursor& put) {
    disk_.set(Table::meta, format::cursor_key(put.pool_id),
              format::encode_cursor(put.pool_id, put.last_chosen));
  }
  void operator()(const storage::PutTokenMark& put) {
    disk_.set(Table::meta, std::string(format::kTokenMarkKey),
              format::encode_number(format::kTokenMarkKey, put.mark));
    disk_.unsynced_.back().is_synced = true;
  }
  void operator()(const storage::PutBootAnchor& put) {
    disk_.set(Table::meta, std::string(format::kBootAnchorKey), format::encode(put.anchor));
    disk_.unsynced_.back().is_synced = true;
  }

 private:
  template <class Record>
  void set(Table table, const Uuid& id, const Record& record) {
    disk_.set(table, uuid_key(id), format::encode(record));
  }
  void erase(Table table, const std::string& key) { disk_.set(table, key, std::nullopt); }

  SimulatedDisk& disk_;
};

void SimulatedDisk::set(Table table, const std::string& key, std::optional<std::string> value) {
  Rows& rows = tables_[static_cast<std::size_t>(table)];
  const auto found = rows.find(key);
  const bool known = found != rows.end();
  if (!known && !value) return;
  unsynced_.back().undo.push_front(
      {table, key, known ? std::optional(std::move(found->second)) : std::nullopt});
  if (!value) {
    rows.erase(found);
  } else if (known) {
    found->second = *std::move(value);
  } else {
    rows.emplace(key, *std::move(value));
  }
}

SimulatedDisk::Ticket SimulatedDisk::append(const storage::ChangeList& changes) {
  unsynced_.emplace_back();
  for (const storage::Change& change : changes) std::visit(RowChanges(*this), change);
  return ++last_;
}

void SimulatedDisk::commit(Ticket ticket) {
  written_ = std::max(written_, ticket);
  if (durability_ == Durability::sync) return raise_synced(ticket);
  for (Ticket each = ticket; each > synced_; --each) {
    if (unsynced_[each - synced_ - 1].is_synced) return raise_synced(each);
  }
}

void SimulatedDisk::sync() {
  written_ = last_;
  raise_synced(last_);
}

void SimulatedDisk::raise_synced(Ticket ticket) {
  for (; synced_ < ticket; ++synced_) unsynced_.pop_front();
}

void SimulatedDisk::forget_after(Ticket ticket) {
  for (; last_ > ticket; --last_) {
    for (Undo& undo : unsynced_.back().undo) {
      Rows& rows = tables_[static_cast<std::size_t>(undo.table)];
      if (undo.before) {
        rows.insert_or_assign(std::move(undo.key), *std::move(undo.before));
      } else {
        rows.erase(undo.key);
      }
    }
    unsynced_.pop_back();
  }
  // What a crash has left is read back before anything else is done, and so is written.
  written_ = last_;
}

void SimulatedDisk::visit(Table table, std::string_view from, const RowVisitor& visit) {
  const Rows& all = rows(table);
  for (auto row = all.lower_bound(from); row != all.end(); ++row) {
    if (!visit(row->first, row->second)) return;
  }
}

std::optional<std::string> SimulatedDisk::last_key(Table table) {
  const Rows& all = rows(table);
  if (all.empty()) return std::nullopt;
  return all.rbegin()->first;
}

}  // namespace pharox::tests
