// The SQLite recipe's tables and indexes, and how a pool gets into them.
#include "bench/sqlite_store.h"

namespace pharox::bench {
namespace {

// What filters and orders ask stands in front, because SQLite reads a row up to the last column
// that it needs. Pools and consumers are numbers: there is one of each here.
//
// Pages are small: a lease changes a row or an entry in each of a dozen, and a commit writes them
// as a whole.
constexpr const char* kTables = R"(
PRAGMA page_size = 1024;
CREATE TABLE proxies (
  row INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  pool INTEGER NOT NULL,
  status INTEGER NOT NULL,
  current_leases INTEGER NOT NULL,
  max_concurrency INTEGER,
  available INTEGER NOT NULL GENERATED ALWAYS AS
    (status = 1 AND (max_concurrency IS NULL OR current_leases < max_concurrency)) STORED,
  checked_at INTEGER NOT NULL,
  country TEXT, source TEXT, isp TEXT, city TEXT, asn INTEGER,
  latitude REAL, longitude REAL,
  host TEXT NOT NULL, port INTEGER NOT NULL, protocol INTEGER NOT NULL,
  user TEXT, password TEXT
);
CREATE TABLE leases (
  token INTEGER PRIMARY KEY,
  proxy INTEGER NOT NULL,
  consumer INTEGER NOT NULL,
  acquired_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  released_at INTEGER
);
CREATE TABLE cursors (pool INTEGER PRIMARY KEY, last BLOB NOT NULL);
INSERT INTO cursors VALUES (1, zeroblob(16));
)";

// Made after the rows are there, which is many times faster.
constexpr const char* kIndexes = R"(
CREATE INDEX by_check ON proxies (pool, checked_at DESC, id) WHERE available = 1;
CREATE INDEX by_load ON proxies (pool, current_leases, checked_at, id) WHERE available = 1;
CREATE INDEX by_id ON proxies (pool, id) WHERE available = 1;
CREATE INDEX country_by_check ON proxies (pool, country, checked_at DESC, id) WHERE available = 1;
CREATE INDEX country_by_load ON proxies (pool, country, current_leases, checked_at, id)
  WHERE available = 1;
CREATE INDEX country_by_id ON proxies (pool, country, id) WHERE available = 1;
CREATE INDEX by_source ON proxies (pool, source, isp, country) WHERE available = 1;
CREATE INDEX by_city ON proxies (pool, city) WHERE available = 1;
CREATE INDEX by_place ON proxies (pool, latitude, longitude) WHERE available = 1;
CREATE INDEX due ON leases (expires_at) WHERE released_at IS NULL;
ANALYZE;
)";

void bind_text(SqliteStatement& insert, int parameter, const std::optional<std::string>& text) {
  text ? insert.bind(parameter, std::string_view(*text)) : insert.bind_null(parameter);
}

void insert_proxy(SqliteStatement& insert, std::int64_t row, const Proxy& proxy) {
  insert.bind(1, row);
  insert.bind(2, proxy.id);
  insert.bind(3, static_cast<std::int64_t>(proxy.status));
  proxy.max_concurrency ? insert.bind(4, std::int64_t{*proxy.max_concurrency})
                        : insert.bind_null(4);
  insert.bind(5, std::int64_t{proxy.checked_at.time_since_epoch().count()});
  bind_text(insert, 6, proxy.country);
  bind_text(insert, 7, proxy.source);
  bind_text(insert, 8, proxy.isp);
  bind_text(insert, 9, proxy.city);
  proxy.asn ? insert.bind(10, std::int64_t{*proxy.asn}) : insert.bind_null(10);
  proxy.latitude ? insert.bind(11, *proxy.latitude) : insert.bind_null(11);
  proxy.longitude ? insert.bind(12, *proxy.longitude) : insert.bind_null(12);
  insert.bind(13, std::string_view(proxy.host));
  insert.bind(14, std::int64_t{proxy.port});
  insert.bind(15, static_cast<std::int64_t>(proxy.protocol));
  insert.bind(16, std::string_view(proxy.credentials->user));
  insert.bind(17, std::string_view(proxy.credentials->password));
  insert.run();
}

}  // namespace

std::unique_ptr<SqliteDatabase> load_into_sqlite(const Dataset& dataset,
                                                 std::span<const std::size_t> leased) {
  auto database = std::make_unique<SqliteDatabase>(":memory:");
  database->execute(kTables);
  database->execute("BEGIN");
  {
    SqliteStatement insert(
        database->handle(),
        "INSERT INTO proxies (row, id, pool, status, current_leases, max_concurrency, checked_at,"
        " country, source, isp, city, asn, latitude, longitude, host, port, protocol, user,"
        " password)"
        " VALUES (?1, ?2, 1, ?3, 0, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,"
        " ?17)");
    for (std::size_t i = 0; i < dataset.proxies.size(); ++i) {
      insert_proxy(insert, static_cast<std::int64_t>(i), dataset.proxies[i]);
    }
    SqliteStatement lease(database->handle(),
                          "INSERT INTO leases (proxy, consumer, acquired_at, expires_at)"
                          " VALUES (?1, 1, ?2, ?3)");
    SqliteStatement count(database->handle(),
                          "UPDATE proxies SET current_leases = current_leases + 1 WHERE row = ?1");
    const std::int64_t now = utc_now().time_since_epoch().count();
    for (const std::size_t i : leased) {
      lease.bind(1, static_cast<std::int64_t>(i));
      lease.bind(2, now);
      lease.bind(3, now + Duration{std::chrono::hours{24}}.count());
      lease.run();
      count.bind(1, static_cast<std::int64_t>(i));
      count.run();
    }
  }
  database->execute("COMMIT");
  database->execute(kIndexes);
  return database;
}

}  // namespace pharox::bench
