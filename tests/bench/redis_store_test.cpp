// The lease store in Redis leases what ours leases, in the same order, and takes it back. Skipped
// where there is no server.
#include "bench/redis_store.h"

#include <gtest/gtest.h>

#include "bench/pharox_store.h"

namespace pharox::bench {
namespace {

class RedisStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto program = RedisServer::find_program();
    if (!program) GTEST_SKIP() << "no redis-server in PATH";
    redis_.emplace(dataset_, *program);
  }

  std::string lease() {
    const auto leased = redis_->lease();
    return leased ? leased->proxy_id : "none";
  }

  const Dataset dataset_ = make_dataset(1'000);
  std::optional<RedisStore> redis_;
};

TEST_F(RedisStoreTest, LeasesTheSameProxiesAsOursUntilNoneIsFree) {
  PharoxStore ours(dataset_, {});
  ours.storage().ensure_consumer("test");
  for (std::size_t i = 0; i < dataset_.proxies.size(); ++i) {
    const auto lease = ours.storage().acquire(dataset_.pool.name, "test", std::chrono::minutes{5},
                                              {}, SelectorStrategy::least_used);
    ASSERT_EQ(this->lease(), lease->proxy_id.to_string());
  }
  EXPECT_EQ(lease(), "none");
}

TEST_F(RedisStoreTest, FreesAProxyOnceWhenItIsReleased) {
  const auto first = redis_->lease();
  EXPECT_NE(redis_->lease()->proxy_id, first->proxy_id);
  EXPECT_TRUE(redis_->release(first->token));
  EXPECT_FALSE(redis_->release(first->token));
  EXPECT_EQ(lease(), first->proxy_id);
}

TEST_F(RedisStoreTest, ServesManyClientsAndLeavesEveryProxyFree) {
  const auto first = redis_->lease();
  redis_->release(first->token);
  for (const RedisFsync fsync : {RedisFsync::everysec, RedisFsync::always}) {
    redis_->sync_log(fsync);
    EXPECT_EQ(redis_->lease_and_release(8, 16, 3), 8u * 16 * 3);
    EXPECT_EQ(redis_->lease_and_release(1, 16, 3), 1u * 16 * 3);
  }
  EXPECT_EQ(lease(), first->proxy_id);
}

}  // namespace
}  // namespace pharox::bench
