// Stable ids never change: lists that were imported by an older version must find their proxies.
#include "tools/import/stable_id.h"

#include <gtest/gtest.h>

#include <set>

namespace pharox::tools {
namespace {

ImportRow row() {
  ImportRow row;
  row.host = "192.0.2.1";
  row.port = 80;
  row.protocol = ProxyProtocol::http;
  return row;
}

TEST(StableId, IsTheSameForEver) {
  EXPECT_EQ(stable_pool_id("demo").to_string(), "3ec815ea-b155-5edd-a39f-fd57b84a0bc9");
  EXPECT_EQ(stable_proxy_id("demo", row()).to_string(), "e40bede2-e341-51fe-8c06-66e30b3b9c8d");
  EXPECT_EQ(stable_proxy_id("demo", row()).version(), 5);
}

TEST(StableId, DependsOnPoolProtocolHostPortAndUser) {
  std::set<Uuid> ids{stable_proxy_id("demo", row()), stable_proxy_id("other", row())};
  ImportRow changed = row();
  changed.protocol = ProxyProtocol::https;
  ids.insert(stable_proxy_id("demo", changed));
  changed = row();
  changed.host = "192.0.2.2";
  ids.insert(stable_proxy_id("demo", changed));
  changed = row();
  changed.port = 81;
  ids.insert(stable_proxy_id("demo", changed));
  changed = row();
  changed.user = "u";
  ids.insert(stable_proxy_id("demo", changed));
  EXPECT_EQ(ids.size(), 6u);
}

TEST(StableId, DoesNotDependOnAnythingElse) {
  ImportRow changed = row();
  changed.password = "p";
  changed.country = "DE";
  changed.max_concurrency = 4;
  EXPECT_EQ(stable_proxy_id("demo", changed), stable_proxy_id("demo", row()));
}

}  // namespace
}  // namespace pharox::tools
