#include "storage/ended_leases.h"

#include <gtest/gtest.h>

#include <deque>

#include "tests/fixtures/environment.h"
#include "tests/storage/store_frame.h"

namespace pharox::tests {
namespace {

using storage::EndedLeases;

TEST(EndedLeases, DroppedLeasesAreNotFound) {
  EndedLeases ended;
  ended.add(ended_lease(1));
  ended.add(ended_lease(2));
  ended.drop_oldest();
  EXPECT_EQ(ended.find(id_of(1)), nullptr);
  ASSERT_NE(ended.find(id_of(2)), nullptr);
  EXPECT_EQ(*ended.find(id_of(2)), ended_lease(2));
  EXPECT_EQ(ended.validate(), "");
}

TEST(EndedLeases, FollowsAModel) {
  std::mt19937_64 random(announced_seed());
  EndedLeases ended;
  std::deque<Uuid> model;
  for (int step = 0; step < 20'000; ++step) {
    // Grows and shrinks in waves, so that the table is seen at every fill.
    const bool growing = step / 2'000 % 2 == 0;
    if (model.empty() || random() % 10 < (growing ? 7u : 3u)) {
      format::StoredLease lease = ended_lease(1);
      lease.lease.id = id_of(random());
      if (ended.find(lease.lease.id) != nullptr) continue;
      model.push_back(lease.lease.id);
      ended.add(std::move(lease));
    } else {
      ended.drop_oldest();
      EXPECT_EQ(ended.find(model.front()), nullptr);
      model.pop_front();
    }
    ASSERT_EQ(ended.size(), model.size());
    if (step % 100 == 0) {
      ASSERT_EQ(ended.validate(), "") << "step " << step;
    }
  }
  std::vector<Uuid> left;
  ended.for_each([&](const format::StoredLease& stored) { left.push_back(stored.lease.id); });
  EXPECT_EQ(left, std::vector<Uuid>(model.begin(), model.end()));
}

}  // namespace
}  // namespace pharox::tests
