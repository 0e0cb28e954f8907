#include "bench/sqlite_database.h"

#include <algorithm>

namespace pharox::bench {

SqliteStatement::SqliteStatement(sqlite3* database, std::string_view sql) : database_(database) {
  sqlite3_stmt* statement = nullptr;
  check(sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
  statement_.reset(statement);
}

void SqliteStatement::check(int result) const {
  if (result != SQLITE_OK) throw SqliteError(database_);
}

void SqliteStatement::bind(int parameter, std::int64_t value) {
  check(sqlite3_bind_int64(statement_.get(), parameter, value));
}

void SqliteStatement::bind(int parameter, double value) {
  check(sqlite3_bind_double(statement_.get(), parameter, value));
}

void SqliteStatement::bind(int parameter, std::string_view value) {
  check(sqlite3_bind_text(statement_.get(), parameter, value.data(), static_cast<int>(value.size()),
                          SQLITE_STATIC));
}

void SqliteStatement::bind(int parameter, const Uuid& value) {
  check(sqlite3_bind_blob(statement_.get(), parameter, value.bytes.data(),
                          static_cast<int>(value.bytes.size()), SQLITE_STATIC));
}

void SqliteStatement::bind_null(int parameter) {
  check(sqlite3_bind_null(statement_.get(), parameter));
}

bool SqliteStatement::step() {
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  if (result != SQLITE_DONE) throw SqliteError(database_);
  return false;
}

void SqliteStatement::run() {
  while (step()) {
  }
  reset();
}

Uuid SqliteStatement::uuid(int column) const {
  Uuid id;
  const auto* bytes =
      static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_.get(), column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  std::copy_n(bytes, std::min(size, id.bytes.size()), id.bytes.begin());
  return id;
}

std::string_view SqliteStatement::text(int column) const {
  const auto* text = sqlite3_column_text(statement_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return {reinterpret_cast<const char*>(text), size};
}

SqliteDatabase::SqliteDatabase(const std::string& path) {
  sqlite3* database = nullptr;
  const int result =
      sqlite3_open_v2(path.c_str(), &database,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  database_.reset(database);
  if (result != SQLITE_OK) throw SqliteError(database);
}

void SqliteDatabase::execute(const std::string& sql) {
  if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw SqliteError(database_.get());
  }
}

void SqliteDatabase::copy_from(const SqliteDatabase& source) {
  constexpr int kAllPages = -1;
  sqlite3_backup* backup =
      sqlite3_backup_init(database_.get(), "main", source.database_.get(), "main");
  if (backup == nullptr) throw SqliteError(database_.get());
  sqlite3_backup_step(backup, kAllPages);
  if (sqlite3_backup_finish(backup) != SQLITE_OK) throw SqliteError(database_.get());
}

}  // namespace pharox::bench
