// A lease store on SQLite, as somebody would write it who knows SQLite well. README.md has the
// schema, the indexes and the settings, with the reasons.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>

#include "bench/contender.h"
#include "bench/dataset.h"
#include "bench/sqlite_condition.h"
#include "bench/sqlite_database.h"
#include "bench/temporary_folder.h"

namespace pharox::bench {

// The pool with its leases, loaded and analysed once for every medium.
std::unique_ptr<SqliteDatabase> load_into_sqlite(const Dataset& dataset,
                                                 std::span<const std::size_t> leased);

enum class SqliteMedium { memory, wal_normal, wal_full };
inline constexpr std::array kSqliteMedia{SqliteMedium::memory, SqliteMedium::wal_normal,
                                         SqliteMedium::wal_full};
std::string_view to_string(SqliteMedium medium);

// Those of every filter and order; or that of the least used order alone, as a program has it that
// never asks for anything else: a lease then writes to one index of the proxies, not to nine.
enum class SqliteIndexes { all, least_used };

class SqliteStore final : public Leasing {
 public:
  SqliteStore(const SqliteDatabase& loaded, SqliteMedium medium,
              SqliteIndexes indexes = SqliteIndexes::all);

  void prepare(const ProxyFilters& filters, SelectorStrategy selector) override;
  std::optional<Uuid> select() override;
  bool lease_and_release() override;

  // All of them by one commit. Returns how many found a proxy.
  std::size_t lease_and_release_in_one_transaction(std::size_t pairs);

 private:
  struct Chosen {
    std::int64_t row;
    Uuid id;
  };
  // What a program needs to use the proxy.
  struct Endpoint {
    std::string host;
    std::int64_t port = 0;
    std::int64_t protocol = 0;
    std::string user;
    std::string password;
  };
  struct Statements;

  // Requires a transaction for round robin, whose cursor it writes.
  std::optional<Chosen> choose(Endpoint* endpoint);
  std::optional<Chosen> first_of(SqliteStatement& statement, Endpoint* endpoint);
  std::optional<std::int64_t> acquire();
  void reclaim_due(std::int64_t now);
  void end_lease(std::int64_t token, std::int64_t now);
  // Runs it between BEGIN IMMEDIATE and COMMIT.
  template <class Work>
  auto in_transaction(Work&& work);

  std::optional<TemporaryFolder> folder_;
  SqliteDatabase database_;
  SelectorStrategy selector_ = SelectorStrategy::first_available;
  std::optional<SqliteCondition> condition_;
  std::optional<SqliteStatement> choose_;
  std::optional<SqliteStatement> choose_behind_cursor_;
  std::shared_ptr<Statements> statements_;
  Uuid cursor_{};
};

}  // namespace pharox::bench
