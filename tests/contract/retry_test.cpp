// Contract, section 6: acquire_proxy_with_retry. The sleeps are recorded, not slept.
#include <limits>

#include "tests/contract/manager_test.h"

namespace pharox::tests {
namespace {

class Retry : public ManagerTest {
 protected:
  void SetUp() override {
    ManagerTest::SetUp();
    manager().register_acquire_callback([this](const auto&) { ++attempts; });
  }
  RetryPolicy policy() {
    RetryPolicy recorded;
    recorded.sleep = [this](Duration wait) { sleeps.push_back(wait); };
    return recorded;
  }
  std::vector<Duration> sleeps;
  int attempts = 0;
};
PHAROX_FOR_EVERY_BACKEND(Retry);

TEST_P(Retry, HitAtOnceSleepsNever) {
  save(1);
  EXPECT_TRUE(manager().acquire_proxy_with_retry(request(), policy()));
  EXPECT_EQ(attempts, 1);
  EXPECT_TRUE(sleeps.empty());
}

TEST_P(Retry, MissesSleepInBetweenButNotAfterTheLast) {
  EXPECT_FALSE(manager().acquire_proxy_with_retry(request(), policy()));
  EXPECT_EQ(attempts, 3);
  EXPECT_EQ(sleeps, (std::vector<Duration>{500ms, 1s}));
}

TEST_P(Retry, OneAttemptIsNoRetry) {
  RetryPolicy once = policy();
  once.max_attempts = 1;
  EXPECT_FALSE(manager().acquire_proxy_with_retry(request(), once));
  EXPECT_EQ(attempts, 1);
  EXPECT_TRUE(sleeps.empty());
}

TEST_P(Retry, WaitsGrowByTheMultiplierUpToTheCap) {
  RetryPolicy capped = policy();
  capped.max_attempts = 6;
  capped.backoff = 100ms;
  capped.multiplier = 3;
  capped.max_backoff = 1s;
  EXPECT_FALSE(manager().acquire_proxy_with_retry(request(), capped));
  EXPECT_EQ(sleeps, (std::vector<Duration>{100ms, 300ms, 900ms, 1s, 1s}));
}

TEST_P(Retry, FirstWaitIsCappedToo) {
  RetryPolicy capped = policy();
  capped.max_attempts = 2;
  capped.max_backoff = 1ms;
  EXPECT_FALSE(manager().acquire_proxy_with_retry(request(), capped));
  EXPECT_EQ(sleeps, std::vector<Duration>{1ms});
}

TEST_P(Retry, MultiplierOfOneKeepsTheWait) {
  RetryPolicy steady = policy();
  steady.max_attempts = 4;
  steady.multiplier = 1;
  EXPECT_FALSE(manager().acquire_proxy_with_retry(request(), steady));
  EXPECT_EQ(sleeps, (std::vector<Duration>{500ms, 500ms, 500ms}));
}

TEST_P(Retry, ProxyThatComesFreeIsTaken) {
  save_exclusive(1);
  const Lease held = manager().acquire_proxy(request()).value();
  RetryPolicy releasing = policy();
  releasing.max_attempts = 10;
  releasing.sleep = [&](Duration wait) {
    sleeps.push_back(wait);
    if (sleeps.size() == 2) manager().release_proxy(held);
  };
  EXPECT_TRUE(manager().acquire_proxy_with_retry(request(), releasing));
  EXPECT_EQ(sleeps.size(), 2u);
}

TEST_P(Retry, LeaseThatExpiresMeanwhileIsTaken) {
  save_exclusive(1);
  ASSERT_TRUE(manager().acquire_proxy(request(1s)));
  RetryPolicy waiting = policy();
  waiting.max_attempts = 10;
  waiting.sleep = [&](Duration wait) {
    sleeps.push_back(wait);
    clock.advance(wait);
  };
  EXPECT_TRUE(manager().acquire_proxy_with_retry(request(), waiting));
  EXPECT_EQ(sleeps, (std::vector<Duration>{500ms, 1s}));
}

TEST_P(Retry, ErrorsAreNotRetried) {
  AcquireRequest unknown = request();
  unknown.consumer_name = "nobody";
  EXPECT_THROW(manager().acquire_proxy_with_retry(unknown, policy()), ConsumerNotFoundError);
  EXPECT_TRUE(sleeps.empty());
}

TEST_P(Retry, PoliciesThatBreakARuleAreRefusedBeforeTheFirstAttempt) {
  save(1);
  const std::pair<std::string, std::function<void(RetryPolicy&)>> broken[] = {
      {"max_attempts", [](RetryPolicy& p) { p.max_attempts = 0; }},
      {"max_attempts", [](RetryPolicy& p) { p.max_attempts = -1; }},
      {"backoff", [](RetryPolicy& p) { p.backoff = Duration{-1}; }},
      {"multiplier", [](RetryPolicy& p) { p.multiplier = 0.999; }},
      {"multiplier",
       [](RetryPolicy& p) { p.multiplier = std::numeric_limits<double>::quiet_NaN(); }},
      {"max_backoff", [](RetryPolicy& p) { p.max_backoff = Duration{0}; }},
      {"max_backoff", [](RetryPolicy& p) { p.max_backoff = Duration{-1}; }},
  };
  for (const auto& [field, change] : broken) {
    RetryPolicy wrong = policy();
    change(wrong);
    const std::string text = text_of<InvalidArgumentError>(
        [&] { manager().acquire_proxy_with_retry(request(), wrong); });
    EXPECT_NE(text.find(field), std::string::npos) << text;
    EXPECT_THROW(validate(wrong), InvalidArgumentError);
  }
  EXPECT_EQ(attempts, 0);
}

TEST_P(Retry, WaitsThatOutgrowTheirTypeStayPositive) {
  RetryPolicy growing;
  growing.multiplier = 1e100;
  for (int attempt = 1; attempt < 20; ++attempt) {
    EXPECT_GT(backoff_after(growing, attempt), 0s) << attempt;
  }
  growing.max_backoff = 1h;
  EXPECT_EQ(backoff_after(growing, 1), 500ms);
  EXPECT_EQ(backoff_after(growing, 19), 1h);
}

}  // namespace
}  // namespace pharox::tests
