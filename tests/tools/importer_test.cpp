// Merging rows into a pool, and what the summary counts.
#include "tools/import/importer.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/fixtures/records.h"
#include "tools/import/stable_id.h"

namespace pharox::tests {
namespace {

using tools::ImportRow;

class MapTarget final : public tools::ImportTarget {
 public:
  ProxyPool ensure_pool(const std::string& name) override { return pool_of(7, name); }
  std::optional<Proxy> find_proxy(const Uuid& id) override {
    const auto found = proxies.find(id);
    return found == proxies.end() ? std::nullopt : std::optional(found->second);
  }
  void save(std::span<const Proxy> saved) override {
    for (const Proxy& proxy : saved) proxies[proxy.id] = proxy;
    ++saves;
  }
  void close() override {}

  std::map<Uuid, Proxy> proxies;
  int saves = 0;
};

ImportRow row_of(int number) {
  ImportRow row;
  row.host = "192.0.2." + std::to_string(number);
  row.port = 80;
  row.protocol = ProxyProtocol::http;
  return row;
}

class ImporterTest : public ::testing::Test {
 protected:
  tools::ImportSummary import(const std::vector<ImportRow>& rows,
                              tools::ImportDefaults defaults = {}, Timestamp now = kStart) {
    tools::Importer importer(target_, "demo", std::move(defaults), now);
    for (const ImportRow& row : rows) importer.add(row);
    importer.finish();
    return importer.summary();
  }

  Proxy only() const {
    EXPECT_EQ(target_.proxies.size(), 1u);
    return target_.proxies.begin()->second;
  }

  MapTarget target_;
};

TEST_F(ImporterTest, NewProxiesAreActiveAndCheckedNow) {
  EXPECT_EQ(import({row_of(1)}), (tools::ImportSummary{.read = 1, .added = 1}));
  const Proxy proxy = only();
  EXPECT_EQ(proxy.id, tools::stable_proxy_id("demo", row_of(1)));
  EXPECT_EQ(proxy.pool_id, id_of(7));
  EXPECT_EQ(proxy.status, ProxyStatus::active);
  EXPECT_EQ(proxy.checked_at, kStart);
  EXPECT_FALSE(proxy.max_concurrency);
}

TEST_F(ImporterTest, NewProxiesTakeStatusAndTimeFromARowThatHasThem) {
  ImportRow row = row_of(1);
  row.status = ProxyStatus::slow;
  row.checked_at = kStart - 1h;
  import({row});
  EXPECT_EQ(only().status, ProxyStatus::slow);
  EXPECT_EQ(only().checked_at, kStart - 1h);
}

TEST_F(ImporterTest, TheSameListTwiceChangesNothing) {
  import({row_of(1), row_of(2)});
  EXPECT_EQ(import({row_of(1), row_of(2)}, {}, kStart + 1h),
            (tools::ImportSummary{.read = 2, .unchanged = 2}));
  EXPECT_EQ(target_.saves, 1);
}

TEST_F(ImporterTest, ARowTwiceInOneListCountsAsUnchangedOrUpdated) {
  ImportRow more = row_of(1);
  more.country = "DE";
  EXPECT_EQ(import({row_of(1), row_of(1), more}),
            (tools::ImportSummary{.read = 3, .added = 1, .updated = 1, .unchanged = 1}));
  EXPECT_EQ(only().country, "DE");
}

TEST_F(ImporterTest, ARowOverwritesWhatItMentionsAndNothingElse) {
  ImportRow first = row_of(1);
  first.country = "DE";
  first.city = "Berlin";
  first.user = "u";
  first.password = "old";
  import({first});
  ImportRow second = row_of(1);
  second.user = "u";
  second.password = "new";
  second.city = "Hamburg";
  EXPECT_EQ(import({second}), (tools::ImportSummary{.read = 1, .updated = 1}));
  EXPECT_EQ(only().country, "DE");
  EXPECT_EQ(only().city, "Hamburg");
  EXPECT_EQ(only().credentials, (Credentials{"u", "new"}));
}

TEST_F(ImporterTest, AKnownProxyKeepsItsStatusUnlessToldOtherwise) {
  import({row_of(1)});
  Proxy& stored = target_.proxies.begin()->second;
  stored.status = ProxyStatus::banned;
  ImportRow row = row_of(1);
  row.status = ProxyStatus::active;
  row.checked_at = kStart + 2h;
  EXPECT_EQ(import({row}, {}, kStart + 1h).unchanged, 1u);
  EXPECT_EQ(only().status, ProxyStatus::banned);
  EXPECT_EQ(only().checked_at, kStart);

  EXPECT_EQ(
      import({row}, {.status = ProxyStatus::slow, .source = {}, .max_concurrency = {}}, kStart + 1h)
          .updated,
      1u);
  EXPECT_EQ(only().status, ProxyStatus::slow);
  EXPECT_EQ(only().checked_at, kStart + 1h);
}

TEST_F(ImporterTest, DefaultsAreForRowsThatDoNotSay) {
  ImportRow own = row_of(2);
  own.source = "own";
  own.max_concurrency = 9;
  import({row_of(1), own}, {.status = {}, .source = "acme", .max_concurrency = 2});
  const Proxy first = target_.proxies.at(tools::stable_proxy_id("demo", row_of(1)));
  const Proxy second = target_.proxies.at(tools::stable_proxy_id("demo", own));
  EXPECT_EQ(first.source, "acme");
  EXPECT_EQ(first.max_concurrency, 2u);
  EXPECT_EQ(second.source, "own");
  EXPECT_EQ(second.max_concurrency, 9u);
}

TEST_F(ImporterTest, LongListsAreSavedInChunks) {
  std::vector<ImportRow> rows;
  for (int i = 1; i <= 50'001; ++i) {
    rows.push_back(row_of(1));
    rows.back().host = "p" + std::to_string(i) + ".example";
  }
  rows.push_back(rows.front());  // saved already, in the first chunk
  EXPECT_EQ(import(rows), (tools::ImportSummary{.read = 50'002, .added = 50'001, .unchanged = 1}));
  EXPECT_EQ(target_.saves, 2);
}

}  // namespace
}  // namespace pharox::tests
