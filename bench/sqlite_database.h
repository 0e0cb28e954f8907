// SQLite's C interface with owners and exceptions, and nothing between it and the caller that
// costs.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "pharox/uuid.h"

namespace pharox::bench {

class SqliteError : public std::runtime_error {
 public:
  explicit SqliteError(sqlite3* database) : std::runtime_error(sqlite3_errmsg(database)) {}
};

// A prepared statement. Parameters count from 1, columns from 0.
class SqliteStatement {
 public:
  SqliteStatement(sqlite3* database, std::string_view sql);

  void bind(int parameter, std::int64_t value);
  void bind(int parameter, double value);
  // These must stay where they are until the statement has been run.
  void bind(int parameter, std::string_view value);
  void bind(int parameter, const Uuid& value);
  void bind_null(int parameter);

  // Whether there is a row.
  bool step();
  // Runs to the end and makes ready for the next run.
  void run();
  void reset() { sqlite3_reset(statement_.get()); }

  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
  Uuid uuid(int column) const;
  std::string_view text(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };

  void check(int result) const;

  sqlite3* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class SqliteDatabase {
 public:
  // A file, or ":memory:".
  explicit SqliteDatabase(const std::string& path);

  sqlite3* handle() const { return database_.get(); }
  void execute(const std::string& sql);
  // Replaces all that is in it by all that is in `source`.
  void copy_from(const SqliteDatabase& source);

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
  };

  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace pharox::bench
