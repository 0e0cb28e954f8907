#include "bench/sqlite_store.h"

#include <unistd.h>

#include <string>

namespace pharox::bench {
namespace {

// One process has the file, as with our stores: then SQLite need not share its locks through memory
// that it maps. The cache holds the whole database.
std::string settings(SqliteMedium medium) {
  std::string pragmas = "PRAGMA cache_size = -4194304; PRAGMA temp_store = MEMORY;";
  if (medium == SqliteMedium::memory) return pragmas;
  pragmas += "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = ";
  return pragmas += medium == SqliteMedium::wal_full ? "FULL;" : "NORMAL;";
}

// All that sqlite_schema.cpp makes on the proxies but by_load.
constexpr const char* kDropOtherIndexes =
    "DROP INDEX by_check; DROP INDEX by_id; DROP INDEX country_by_check;"
    "DROP INDEX country_by_load; DROP INDEX country_by_id; DROP INDEX by_source;"
    "DROP INDEX by_city; DROP INDEX by_place; VACUUM;";

std::string_view order_of(SelectorStrategy selector) {
  switch (selector) {
    case SelectorStrategy::first_available:
      return "checked_at DESC, id";
    case SelectorStrategy::least_used:
      return "current_leases, checked_at, id";
    case SelectorStrategy::round_robin:
      return "id";
  }
  return {};
}

std::int64_t now_us() { return utc_now().time_since_epoch().count(); }

}  // namespace

std::string_view to_string(SqliteMedium medium) {
  switch (medium) {
    case SqliteMedium::memory:
      return "memory";
    case SqliteMedium::wal_normal:
      return "wal_normal";
    case SqliteMedium::wal_full:
      return "wal_full";
  }
  return {};
}

struct SqliteStore::Statements {
  explicit Statements(sqlite3* database)
      : begin(database, "BEGIN IMMEDIATE"),
        commit(database, "COMMIT"),
        due(database,
            "SELECT token FROM leases WHERE released_at IS NULL AND expires_at <= ?1"
            " ORDER BY expires_at LIMIT 1"),
        cursor(database, "SELECT last FROM cursors WHERE pool = 1"),
        move_cursor(database, "UPDATE cursors SET last = ?1 WHERE pool = 1"),
        count_up(database, "UPDATE proxies SET current_leases = current_leases + 1 WHERE row = ?1"),
        count_down(database,
                   "UPDATE proxies SET current_leases = current_leases - 1 WHERE row = ?1"),
        insert_lease(database,
                     "INSERT INTO leases (proxy, consumer, acquired_at, expires_at)"
                     " VALUES (?1, 1, ?2, ?3)"),
        end_lease(database,
                  "UPDATE leases SET released_at = ?2 WHERE token = ?1 AND released_at IS NULL"
                  " RETURNING proxy") {}

  SqliteStatement begin, commit, due, cursor, move_cursor, count_up, count_down, insert_lease,
      end_lease;
};

SqliteStore::SqliteStore(const SqliteDatabase& loaded, SqliteMedium medium, SqliteIndexes indexes)
    : folder_(medium == SqliteMedium::memory ? std::nullopt
                                             : std::make_optional<TemporaryFolder>()),
      database_(folder_ ? folder_->file("leases.db").string() : ":memory:") {
  database_.copy_from(loaded);
  if (indexes == SqliteIndexes::least_used) database_.execute(kDropOtherIndexes);
  database_.execute(settings(medium));
  sync();  // the copy is on disk before a commit is timed
  add_haversine(database_);
  statements_ = std::make_shared<Statements>(database_.handle());
}

void SqliteStore::prepare(const ProxyFilters& filters, SelectorStrategy selector) {
  const int first_parameter = selector == SelectorStrategy::round_robin ? 2 : 1;
  selector_ = selector;
  condition_.emplace(filters, first_parameter);
  const std::string select =
      "SELECT row, id, host, port, protocol, user, password FROM proxies"
      " WHERE pool = 1 AND available = 1 AND " +
      condition_->sql();
  const std::string first = " ORDER BY " + std::string(order_of(selector)) + " LIMIT 1";
  choose_.emplace(database_.handle(), select + first);
  condition_->bind(*choose_);
  choose_behind_cursor_.reset();
  if (selector != SelectorStrategy::round_robin) return;
  choose_behind_cursor_.emplace(database_.handle(), select + " AND id > ?1" + first);
  condition_->bind(*choose_behind_cursor_);
}

std::optional<SqliteStore::Chosen> SqliteStore::first_of(SqliteStatement& statement,
                                                         Endpoint* endpoint) {
  std::optional<Chosen> chosen;
  if (statement.step()) {
    chosen = {statement.integer(0), statement.uuid(1)};
    if (endpoint != nullptr) {
      *endpoint = {std::string(statement.text(2)), statement.integer(3), statement.integer(4),
                   std::string(statement.text(5)), std::string(statement.text(6))};
    }
  }
  statement.reset();
  return chosen;
}

std::optional<SqliteStore::Chosen> SqliteStore::choose(Endpoint* endpoint) {
  if (selector_ != SelectorStrategy::round_robin) return first_of(*choose_, endpoint);
  statements_->cursor.step();
  cursor_ = statements_->cursor.uuid(0);
  statements_->cursor.reset();
  choose_behind_cursor_->bind(1, cursor_);
  auto chosen = first_of(*choose_behind_cursor_, endpoint);
  if (!chosen) chosen = first_of(*choose_, endpoint);
  if (!chosen) return std::nullopt;
  statements_->move_cursor.bind(1, chosen->id);
  statements_->move_cursor.run();
  return chosen;
}

template <class Work>
auto SqliteStore::in_transaction(Work&& work) {
  statements_->begin.run();
  auto result = work();
  statements_->commit.run();
  return result;
}

std::optional<Uuid> SqliteStore::select() {
  Endpoint endpoint;
  const auto chosen = selector_ == SelectorStrategy::round_robin
                          ? in_transaction([&] { return choose(&endpoint); })
                          : choose(&endpoint);
  return chosen ? std::optional(chosen->id) : std::nullopt;
}

void SqliteStore::reclaim_due(std::int64_t now) {
  statements_->due.bind(1, now);
  while (statements_->due.step()) {
    const std::int64_t token = statements_->due.integer(0);
    statements_->due.reset();
    end_lease(token, now);
  }
  statements_->due.reset();
}

void SqliteStore::end_lease(std::int64_t token, std::int64_t now) {
  SqliteStatement& end = statements_->end_lease;
  end.bind(1, token);
  end.bind(2, now);
  const bool was_active = end.step();
  const std::int64_t proxy = was_active ? end.integer(0) : 0;
  end.reset();
  if (!was_active) return;
  statements_->count_down.bind(1, proxy);
  statements_->count_down.run();
}

std::optional<std::int64_t> SqliteStore::acquire() {
  const std::int64_t now = now_us();
  reclaim_due(now);
  const auto chosen = choose(nullptr);
  if (!chosen) return std::nullopt;
  statements_->count_up.bind(1, chosen->row);
  statements_->count_up.run();
  statements_->insert_lease.bind(1, chosen->row);
  statements_->insert_lease.bind(2, now);
  statements_->insert_lease.bind(3, now + Duration{std::chrono::minutes{5}}.count());
  statements_->insert_lease.run();
  return sqlite3_last_insert_rowid(database_.handle());
}

bool SqliteStore::lease_and_release() {
  const auto token = in_transaction([&] { return acquire(); });
  if (!token) return false;
  return in_transaction([&] {
    end_lease(*token, now_us());
    return true;
  });
}

std::size_t SqliteStore::lease_and_release_in_one_transaction(std::size_t pairs) {
  return in_transaction([&] {
    std::size_t leased = 0;
    for (std::size_t i = 0; i < pairs; ++i) {
      const auto token = acquire();
      if (!token) continue;
      end_lease(*token, now_us());
      ++leased;
    }
    return leased;
  });
}

}  // namespace pharox::bench
