// dump and load are inverse, and a load is whole or nothing.
#include <gtest/gtest.h>

#include "pharox/pharox.h"
#include "tests/fixtures/records.h"
#include "tests/tools/pharox_command.h"

namespace pharox::tests {
namespace {

// A store with every kind of record.
void fill(const std::filesystem::path& folder) {
  RocksDbStorage storage(folder);
  ProxyPool pool = pool_of(1, "demo");
  pool.description = "quotes \" and\nlines, ü";
  storage.save_pool(pool);
  storage.save_pool(pool_of(2, "other"));
  for (int i = 10; i < 20; ++i) {
    Proxy proxy = proxy_of(static_cast<std::uint64_t>(i), id_of(i < 18 ? 1 : 2));
    proxy.max_concurrency = 3;
    if (i % 2 == 0) proxy.credentials = Credentials{"user", "hunter2 \x01 %"};
    if (i % 3 == 0) {
      proxy.latitude = 0.1 + i;
      proxy.longitude = -1.0 / i;
      proxy.asn = 0;
    }
    storage.save_proxy(proxy);
  }
  HealthCheckResult health = health_of(id_of(11), ProxyStatus::banned, kStart + 1h);
  health.error_message = "connection refused";
  health.status_code = 502;
  storage.apply_health_check_result(health);
  storage.ensure_consumer("ann");
  storage.ensure_consumer("bob");
  for (int i = 0; i < 6; ++i) {
    const auto lease =
        storage.acquire("demo", i % 2 ? "ann" : "bob", 1h, {}, SelectorStrategy::round_robin);
    ASSERT_TRUE(lease);
    if (i < 3) storage.release_lease(*lease);
  }
  storage.close();
}

class DumpLoadTest : public ::testing::Test {
 protected:
  void SetUp() override { fill(store_); }

  static std::string dump_of(const std::string& store, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"dump", store, "--format", "jsonl", "--show-secrets"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const CommandResult result = pharox(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out;
  }

  // That the text is refused for this reason, and that nothing is left of it.
  void expect_refused(const std::string& text, const std::string& reason) {
    SCOPED_TRACE(reason);
    const CommandResult result = pharox({"load", copy_, "-"}, text);
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.err.find(reason), std::string::npos) << result.err;
    std::size_t entries = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      ++entries;
      EXPECT_EQ(entry.path().filename(), "store");
    }
    EXPECT_EQ(entries, 1u);
  }

  static std::string replaced(std::string text, const std::string& part, const std::string& by) {
    const auto at = text.find(part);
    EXPECT_NE(at, text.npos) << part;
    return text.replace(at, part.size(), by);
  }

  TempFolder folder_;
  const std::string store_ = (folder_.path() / "store").string();
  const std::string copy_ = (folder_.path() / "copy").string();
};

TEST_F(DumpLoadTest, ACopyDumpsToTheSameLines) {
  const std::string lines = dump_of(store_);
  for (const auto& [type, count] :
       std::vector<std::pair<std::string, std::size_t>>{{"store", 1},
                                                        {"pool", 2},
                                                        {"consumer", 2},
                                                        {"proxy", 10},
                                                        {"lease", 3},
                                                        {"ended_lease", 3},
                                                        {"health", 1},
                                                        {"cursor", 1}}) {
    EXPECT_EQ(count_of(lines, "{\"type\":\"" + type + "\""), count) << type;
  }
  const CommandResult loaded = pharox({"load", copy_, "-", "--json"}, lines);
  ASSERT_EQ(loaded.exit_code, 0) << loaded.err;
  EXPECT_EQ(loaded.out,
            "{\"pools\":2,\"consumers\":2,\"proxies\":10,\"leases\":3,\"history\":3,\"health\":1,"
            "\"cursors\":1}\n");
  EXPECT_EQ(dump_of(copy_), lines);
  EXPECT_EQ(pharox({"verify", copy_}).exit_code, 0);
}

TEST_F(DumpLoadTest, ACopyGoesOnWhereTheStoreWas) {
  ASSERT_EQ(pharox({"load", copy_, "-"}, dump_of(store_)).exit_code, 0);
  RocksDbStorage original(store_);
  RocksDbStorage copy(copy_);
  EXPECT_EQ(copy.get_pool_stats("demo")->total_leases, 3u);
  EXPECT_EQ(copy.list_leases("ann").size(), original.list_leases("ann").size());
  const auto next = [](RocksDbStorage& storage) {
    return storage.acquire("demo", "ann", 1h, {}, SelectorStrategy::round_robin);
  };
  const auto a = next(original);
  const auto b = next(copy);
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->proxy_id, b->proxy_id);
  for (const Lease& lease : copy.list_leases()) {
    EXPECT_TRUE(lease.id == b->id || lease.token < b->token);
  }
}

TEST_F(DumpLoadTest, AnEmptyFolderAndARelativePathWillDo) {
  std::filesystem::create_directory(copy_);
  const std::string dump = write_file(folder_.path() / "dump", dump_of(store_));
  const CommandResult result = pharox({"load", copy_ + "/", dump});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(dump_of(copy_), read_file(dump));
}

TEST_F(DumpLoadTest, AStoreThatIsThereIsNotTouched) {
  const std::string lines = dump_of(store_);
  EXPECT_EQ(pharox({"load", store_, "-"}, lines).exit_code, 1);
  EXPECT_EQ(dump_of(store_), lines);
}

TEST_F(DumpLoadTest, WrongLinesAreRefusedByNumberAndLeaveNothing) {
  const std::string lines = dump_of(store_);
  const auto first_line = lines.substr(0, lines.find('\n') + 1);
  expect_refused("", "the dump is empty");
  expect_refused(lines.substr(first_line.size()), "line 1: a dump begins with a line of the type");
  expect_refused(lines + first_line, "a second line of the type store");
  expect_refused(lines + lines.substr(first_line.size()), "is there twice");
  expect_refused(replaced(lines, "\"other\"", "\"demo\""),
                 "line 3: two pools have the name 'demo'");
  expect_refused(replaced(lines, "\"format_version\":1", "\"format_version\":2"),
                 "line 1: the dump has format version 2");
  expect_refused(replaced(lines, "\"port\":8080", "\"port\":0"), "line 6: ");
  expect_refused(replaced(lines, "\"type\":\"proxy\"", "\"type\":\"prawn\""), "'prawn' is no type");
  expect_refused(lines + "{\"type\":\n", "JSON text is malformed");
  expect_refused(lines + "{}\n", "there is no type");
  expect_refused(lines + std::string(2'000'000, ' ') + "\n", "it is longer than 1 MiB");
  expect_refused(dump_of(store_, {"--what", "proxies"}), "which no line before it has");
  expect_refused(dump_of(store_, {"--what", "pools,proxies,leases"}), "refers to consumer");
  expect_refused(replaced(lines, "\"token_mark\":", "\"token_mark\":1,\"was\":"),
                 "not below token_mark 1");
}

TEST_F(DumpLoadTest, MaskedPasswordsAreRefused) {
  const CommandResult masked = pharox({"dump", store_, "--json"});
  expect_refused(masked.out, "the password is masked: dump with --show-secrets");
}

TEST_F(DumpLoadTest, FiltersAndLimitsNarrowADump) {
  EXPECT_EQ(count_of(dump_of(store_, {"--limit", "2"}), "\"type\":\"proxy\""), 2u);
  EXPECT_EQ(count_of(dump_of(store_, {"--pool", "other"}), "\"type\":\"proxy\""), 2u);
  EXPECT_EQ(count_of(dump_of(store_, {"--pool", "other"}), "\"type\":\"lease\""), 0u);
  EXPECT_EQ(count_of(dump_of(store_, {"--status", "banned"}), "\"type\":\"proxy\""), 1u);
  EXPECT_EQ(count_of(dump_of(store_, {"--status", "banned"}), "\"type\":\"health\""), 1u);
  EXPECT_EQ(count_of(dump_of(store_, {"--status", "released"}), "\"type\":\"ended_lease\""), 3u);
  EXPECT_EQ(count_of(dump_of(store_, {"--status", "released"}), "\"type\":\"lease\""), 0u);
  EXPECT_EQ(count_of(dump_of(store_, {"--consumer", "ann"}), "\"type\":\"lease\""), 2u);
  EXPECT_EQ(count_of(dump_of(store_, {"--consumer", "ann"}), "\"type\":\"consumer\""), 1u);
  const std::string some = dump_of(store_, {"--what", "consumers,cursors"});
  EXPECT_EQ(count_of(some, "\n"), 4u) << some;
}

TEST_F(DumpLoadTest, TablesShowNamesForIds) {
  const CommandResult table =
      pharox({"dump", store_, "--what", "pools,consumers,proxies,leases,history,health,cursors"});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_EQ(count_of(table.out, "== "), 7u);
  EXPECT_NE(table.out.find("quotes \" and\\x0alines, ü"), std::string::npos) << table.out;
  EXPECT_NE(table.out.find("connection refused"), std::string::npos);
  EXPECT_EQ(count_of(table.out, " bob "), 3u) << table.out;
}

}  // namespace
}  // namespace pharox::tests
