#include "storage/recovery.h"

#include <gtest/gtest.h>

#include "tests/storage/store_frame.h"

namespace pharox::tests {
namespace {

using namespace storage;
using format::Table;

// Rows in memory.
class Rows final : public RowSource {
 public:
  void visit(Table table, std::string_view from, const RowVisitor& visit) override {
    const auto found = tables.find(table);  // by several threads
    if (found == tables.end()) return;
    const auto& rows = found->second;
    for (auto row = rows.lower_bound(std::string(from)); row != rows.end(); ++row) {
      if (!visit(row->first, row->second)) return;
    }
  }
  std::optional<std::string> last_key(Table table) override {
    const auto& rows = tables[table];
    return rows.empty() ? std::nullopt : std::optional(rows.rbegin()->first);
  }
  std::size_t estimated_rows(Table) override { return estimate; }

  std::map<Table, std::map<std::string, std::string>> tables;
  std::size_t estimate = 0;
};

TEST(Recovery, ReadingAheadGivesTheSameRowsAndErrors) {
  Rows rows;
  for (std::uint64_t i = 1; i <= 3000; ++i) {
    const Proxy proxy = proxy_of(i, id_of(1));
    const format::StoredLease lease = active_lease(i);
    rows.tables[Table::proxies][format::uuid_key(proxy.id)] =
        i % 700 == 0 ? "garbage" : format::encode(proxy);
    rows.tables[Table::leases][format::uuid_key(lease.lease.id)] =
        i % 900 == 0 ? "garbage" : format::encode(lease);
  }
  const auto recover_all = [&](std::size_t estimate) {
    rows.estimate = estimate;
    Recovered found;
    std::vector<std::string> damaged;
    recover(rows, found, [&](Table, std::string_view key, std::string_view reason) {
      damaged.push_back(format::key_text(key) + " " + std::string(reason));
    });
    return std::tuple(found.proxies, found.leases.size(), damaged, found.finished);
  };
  const auto plain = recover_all(0);
  EXPECT_EQ(std::get<0>(plain).size(), 2996u);
  EXPECT_EQ(std::get<1>(plain), 2997u);
  EXPECT_EQ(recover_all(1'000'000), plain);
  EXPECT_THROW(const Recovered found(rows), CorruptionError);
}

// What no RocksDB that is in order gives: a key twice, and one that is less than the one before it.
class UnsortedRows final : public RowSource {
 public:
  UnsortedRows(Table table, std::vector<std::pair<std::string, std::string>> rows,
               std::size_t estimate)
      : table_(table), rows_(std::move(rows)), estimate_(estimate) {}
  void visit(Table table, std::string_view, const RowVisitor& visit) override {
    if (table != table_) return;
    for (const auto& [key, value] : rows_) visit(key, value);
  }
  std::optional<std::string> last_key(Table) override { return std::nullopt; }
  std::size_t estimated_rows(Table) override { return estimate_; }

 private:
  const Table table_;
  const std::vector<std::pair<std::string, std::string>> rows_;
  const std::size_t estimate_;
};

TEST(Recovery, ARowThatIsNotBehindTheOneBeforeItIsDamage) {
  std::vector<std::pair<std::string, std::string>> proxies;
  std::vector<std::pair<std::string, std::string>> leases;
  for (const std::uint64_t i : {2, 2, 3, 1, 4}) {
    const Proxy proxy = proxy_of(i, id_of(1));
    proxies.emplace_back(format::uuid_key(proxy.id), format::encode(proxy));
    const format::StoredLease lease = active_lease(i);
    leases.emplace_back(format::uuid_key(lease.lease.id), format::encode(lease));
  }
  for (const std::size_t estimate : {0, 1'000'000}) {
    for (const auto& [table, rows] :
         {std::pair(Table::proxies, proxies), {Table::leases, leases}}) {
      UnsortedRows source(table, rows, estimate);
      Recovered found;
      std::vector<std::string> damaged;
      recover(source, found, [&](Table, std::string_view key, std::string_view reason) {
        EXPECT_NE(reason.find("not behind the row before it"), std::string::npos) << reason;
        damaged.emplace_back(key);
      });
      EXPECT_EQ(damaged, (std::vector{rows[1].first, rows[3].first}));
      EXPECT_EQ(found.proxies.size() + found.leases.size(), 3u);
      EXPECT_THROW(const Recovered refused(source), CorruptionError);
    }
  }
}

TEST(Recovery, UnknownKeysOfMetaAreDamage) {
  Rows rows;
  rows.tables[Table::meta]["surprise"] = "value";
  EXPECT_EQ(message_of<CorruptionError>([&] { const Recovered found(rows); }),
            "table meta, key surprise: unknown key");
}

TEST(Recovery, AKeyThatIsNoIdIsNamedWithItsTable) {
  for (const Table table : {Table::proxies, Table::leases}) {
    Rows rows;
    rows.tables[table]["short"] = "garbage";
    const auto message = message_of<CorruptionError>([&] { const Recovered found(rows); });
    EXPECT_EQ(message, std::string(format::table_name(table)) + "/short: checksum does not match");
  }
}

TEST(Recovery, TheJournalsOwnNumbersMustBeWhole) {
  Rows rows;
  rows.tables[Table::meta]["history_first"] = "garbage";
  EXPECT_THROW(const Recovered found(rows), CorruptionError);
}

TEST(Recovery, GoesOnBehindADamagedRowWhenAskedTo) {
  Rows rows;
  const ProxyPool pool = pool_of(2, "residential");
  rows.tables[Table::pools][format::uuid_key(id_of(1))] = "garbage";
  rows.tables[Table::pools][format::uuid_key(pool.id)] = format::encode(pool);
  rows.tables[Table::meta]["surprise"] = "value";
  Recovered found;
  std::vector<std::string> damaged;
  recover(rows, found, [&](Table table, std::string_view key, std::string_view) {
    damaged.push_back(std::string(format::table_name(table)) + " " + format::key_text(key));
  });
  EXPECT_EQ(found.pools, std::vector{pool});
  EXPECT_EQ(damaged, (std::vector<std::string>{"pools " + id_of(1).to_string(), "meta surprise"}));
}

TEST(Recovery, ADamagedRowOfAStoreIsNamed) {
  TempFolder folder;
  const Proxy proxy = proxy_of(3, id_of(1));
  {
    const auto journal = open_journal(folder.path(), {.history = {}});
    journal->append(
        changes(PutProxy{proxy}, PutHealth{health_of(proxy.id, ProxyStatus::slow, kStart)},
                EndLease{ended_lease(9)}),
        kStart);
  }
  {
    std::string value = format::encode(proxy);
    value[value.size() / 2] = static_cast<char>(value[value.size() / 2] ^ 1);
    BareDatabase bare(folder.path());
    bare.put(Table::proxies, format::uuid_key(proxy.id), value);
    bare.put(Table::health, format::uuid_key(proxy.id), "garbage");
    bare.put(Table::leases, format::uuid_key(id_of(9)), "garbage");
  }
  const auto journal = open_journal(folder.path(), {.history = {}});
  const auto expect_named = [](const std::string& message, const char* table, const Uuid& id) {
    EXPECT_NE(message.find(table), std::string::npos) << message;
    EXPECT_NE(message.find(id.to_string()), std::string::npos) << message;
  };
  expect_named(message_of<CorruptionError>([&] { const Recovered found(journal->rows()); }),
               "proxies", proxy.id);
  expect_named(message_of<CorruptionError>([&] { journal->find_health(proxy.id); }), "health",
               proxy.id);
  expect_named(message_of<CorruptionError>([&] { journal->find_ended_lease(id_of(9)); }), "leases",
               id_of(9));
}

}  // namespace
}  // namespace pharox::tests
