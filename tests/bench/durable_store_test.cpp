// What the rows of durability are measured on is what they claim.
#include "bench/durable_store.h"

#include <gtest/gtest.h>

#include "bench/lease_row.h"
#include "format/codec.h"

namespace pharox::bench {
namespace {

class DurableStoreIn : public testing::TestWithParam<Durability> {};

TEST_P(DurableStoreIn, HasItsPoolAndAHistoryThatIsFullAndStaysSo) {
  const Dataset dataset = make_dataset(1'000);
  constexpr std::uint64_t kHistory = 50;
  DurableStore store(dataset, kHistory);
  store.reopen(GetParam());
  const std::string& pool = store.request().pool_name;
  for (int pairs = 0; pairs < 3; ++pairs) {
    const auto stats = store.storage().get_pool_stats(pool);
    EXPECT_EQ(stats->total_proxies, dataset.proxies.size());
    EXPECT_EQ(stats->total_leases, 0u);
    EXPECT_LE(store.storage().list_leases(std::nullopt, LeaseStatus::released).size(), kHistory);
    EXPECT_GT(store.lease_and_release(), Nanoseconds{0});
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, DurableStoreIn,
                         testing::Values(Durability::sync, Durability::process));

TEST(LeaseRow, IsALeaseOfThePoolAsItIsStored) {
  const Dataset dataset = make_dataset(1'000);
  const LeaseRow row = lease_row(dataset);
  const auto stored = format::decode_lease(row.key, row.value).stored;
  EXPECT_EQ(stored.lease.pool_id, dataset.pool.id);
  EXPECT_EQ(stored.lease.pool_name, dataset.pool.name);
  EXPECT_EQ(stored.lease.expires_at, stored.lease.acquired_at + stored.duration);
}

}  // namespace
}  // namespace pharox::bench
