// A store as it is at one moment, for the commands that look at one: decoded, one record at a
// time, also while an agent has it open.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "format/codec.h"
#include "format/keys.h"
#include "storage/persistent_journal.h"

namespace pharox::tools {

// Whether there is anything in the folder. Throws PharoxError when that cannot be seen.
bool is_store_there(const std::string& store);

// What was lost and accepted, on stderr.
void note_losses(const std::vector<std::string>& findings, std::uint64_t missing_changes);

// A number in the table `meta`. Throws CorruptionError and StorageError.
std::optional<std::uint64_t> find_number(storage::StoreReader& reader, std::string_view key);

// Reads throw CorruptionError and StorageError.
class StoreView {
 public:
  // Throws as storage::StoreReader::open does. With `accept_loss`, announce() says what is missing.
  explicit StoreView(const std::string& store, bool accept_loss = false);

  // Says on stderr which moment is shown, and who has the store open.
  void announce() const;

  storage::StoreReader& reader() { return *reader_; }
  Timestamp taken_at() const { return reader_->taken_at(); }

  std::optional<ProxyPool> find_pool(std::string_view name);
  std::optional<Consumer> find_consumer(std::string_view name);
  std::optional<Proxy> find_proxy(const Uuid& id);
  std::uint64_t token_mark();  // 0 when none is set yet
  // Leases whose end has a lower number are forgotten, though their rows may still be there.
  std::uint64_t history_first();

  // find_pool for a name that was asked for. Throws PoolNotFoundError.
  ProxyPool existing_pool(const std::string& name);

  std::unordered_map<Uuid, std::string> pool_names();
  std::unordered_map<Uuid, std::string> consumer_names();

  // Calls `use` for each decoded row of a table, until it returns false.
  template <class Decode, class Use>
  void for_each(format::Table table, const Decode& decode, const Use& use) {
    reader_->visit(table, {}, [&](std::string_view key, std::string_view value) {
      return use(decode(key, value));
    });
  }

  // Calls use(pool_id, last_chosen) for each round-robin cursor, until it returns false.
  template <class Use>
  void for_each_cursor(const Use& use) {
    reader_->visit(format::Table::meta, format::kCursorPrefix,
                   [&](std::string_view key, std::string_view value) {
                     if (!key.starts_with(format::kCursorPrefix)) return false;
                     return use(format::parse_cursor_key(key), format::decode_cursor(key, value));
                   });
  }

 private:
  const std::string store_;
  const std::unique_ptr<storage::StoreReader> reader_;
};

}  // namespace pharox::tools
