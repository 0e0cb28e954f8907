#include "pharox/retry.h"

#include <gtest/gtest.h>

#include <limits>

#include "pharox/errors.h"

namespace pharox {
namespace {

using namespace std::chrono_literals;

TEST(Retry, WaitsGrowByTheMultiplierUpToTheCap) {
  const RetryPolicy policy{.backoff = 100ms, .multiplier = 3, .max_backoff = 500ms};
  EXPECT_EQ(backoff_after(policy, 1), 100ms);
  EXPECT_EQ(backoff_after(policy, 2), 300ms);
  EXPECT_EQ(backoff_after(policy, 3), 500ms);
}

TEST(Retry, ManyAttemptsDoNotOverflow) {
  const RetryPolicy policy{.backoff = 1h, .multiplier = 1e300};
  EXPECT_GT(backoff_after(policy, 1'000'000), 1h);
  EXPECT_EQ(backoff_after({.backoff = 0ms, .multiplier = 1e300}, 1'000'000), 0ms);
}

TEST(Retry, EachRuleIsRefusedByName) {
  const auto refused = [](const RetryPolicy& policy, const char* field) {
    try {
      validate(policy);
      ADD_FAILURE() << field << " was accepted";
    } catch (const InvalidArgumentError& error) {
      EXPECT_NE(std::string(error.what()).find(field), std::string::npos) << error.what();
    }
  };
  refused({.max_attempts = 0}, "max_attempts");
  refused({.backoff = -1us}, "backoff");
  refused({.multiplier = 0.99}, "multiplier");
  refused({.multiplier = std::numeric_limits<double>::quiet_NaN()}, "multiplier");
  refused({.max_backoff = 0us}, "max_backoff");
  EXPECT_NO_THROW(validate(RetryPolicy{}));
}

}  // namespace
}  // namespace pharox
