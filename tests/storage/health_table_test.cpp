#include "storage/health_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/storage/store_frame.h"

namespace pharox::tests {
namespace {

TEST(HealthTable, FollowsAMap) {
  std::mt19937_64 random(7);
  storage::HealthTable table;
  std::map<Uuid, HealthCheckResult> expected;
  for (int step = 0; step < 20'000; ++step) {
    const Uuid id = id_of(1 + random() % 300);
    if (random() % 3 == 0) {
      table.erase(id);
      expected.erase(id);
    } else {
      HealthCheckResult result = health_of(id, ProxyStatus::slow, kStart);
      result.latency_ms = static_cast<std::uint32_t>(step);
      expected.insert_or_assign(id, result);
      table.put(std::move(result));
    }
    const Uuid other = id_of(1 + random() % 300);
    const HealthCheckResult* const found = table.find(other);
    ASSERT_EQ(found != nullptr, expected.contains(other)) << "step " << step;
    if (found != nullptr) {
      ASSERT_EQ(*found, expected.at(other)) << "step " << step;
    }
  }
}

}  // namespace
}  // namespace pharox::tests
