#include "tools/store_view.h"

#include <filesystem>
#include <system_error>

#include "pharox/errors.h"
#include "tools/output.h"

namespace pharox::tools {

namespace {

using format::Table;

// The first record of the table with this name, in id order.
template <class Record, class Decode>
std::optional<Record> find_named(StoreView& view, Table table, const Decode& decode,
                                 std::string_view name) {
  std::optional<Record> found;
  view.for_each(table, decode, [&](Record record) {
    if (record.name == name) found = std::move(record);
    return !found;
  });
  return found;
}

template <class Decode>
std::unordered_map<Uuid, std::string> names_of(StoreView& view, Table table, const Decode& decode) {
  std::unordered_map<Uuid, std::string> names;
  view.for_each(table, decode, [&](const auto& record) {
    names.emplace(record.id, record.name);
    return true;
  });
  return names;
}

}  // namespace

void note_losses(const std::vector<std::string>& findings, std::uint64_t missing_changes) {
  for (const std::string& finding : findings) note("lost: {}", finding);
  if (missing_changes != 0) note("lost: at least {} row changes", grouped(missing_changes));
}

bool is_store_there(const std::string& store) {
  std::error_code error;
  const auto status = std::filesystem::status(store, error);
  if (status.type() == std::filesystem::file_type::not_found) return false;
  const bool empty = !error && std::filesystem::is_empty(store, error);
  if (error) throw PharoxError(fmt::format("cannot read {}: {}", store, error.message()));
  return !empty;
}

std::optional<std::uint64_t> find_number(storage::StoreReader& reader, std::string_view key) {
  const auto value = reader.find(Table::meta, key);
  return value ? std::optional(format::decode_number(key, *value)) : std::nullopt;
}

StoreView::StoreView(const std::string& store, bool accept_loss)
    : store_(store), reader_(storage::StoreReader::open(store, accept_loss)) {}

void StoreView::announce() const {
  const auto holder = reader_->holder();
  note("{} as of {} (change {}), {}", store_, to_string(taken_at()), grouped(reader_->sequence()),
       holder ? "open in " + *holder : std::string("open in no process"));
  note_losses(reader_->losses().findings, reader_->losses().missing_changes);
}

std::optional<ProxyPool> StoreView::find_pool(std::string_view name) {
  return find_named<ProxyPool>(*this, Table::pools, format::decode_pool, name);
}

std::optional<Consumer> StoreView::find_consumer(std::string_view name) {
  return find_named<Consumer>(*this, Table::consumers, format::decode_consumer, name);
}

std::optional<Proxy> StoreView::find_proxy(const Uuid& id) {
  const std::string key = format::uuid_key(id);
  const auto value = reader_->find(Table::proxies, key);
  return value ? std::optional(format::decode_proxy(key, *value)) : std::nullopt;
}

std::uint64_t StoreView::token_mark() {
  return find_number(*reader_, format::kTokenMarkKey).value_or(0);
}

std::uint64_t StoreView::history_first() {
  return find_number(*reader_, format::kHistoryFirstKey).value_or(1);
}

ProxyPool StoreView::existing_pool(const std::string& name) {
  auto pool = find_pool(name);
  if (!pool) throw PoolNotFoundError(fmt::format("{} has no pool '{}'", store_, name));
  return *std::move(pool);
}

std::unordered_map<Uuid, std::string> StoreView::pool_names() {
  return names_of(*this, Table::pools, format::decode_pool);
}

std::unordered_map<Uuid, std::string> StoreView::consumer_names() {
  return names_of(*this, Table::consumers, format::decode_consumer);
}

}  // namespace pharox::tools
