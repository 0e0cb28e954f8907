#include "engine/timer_wheel.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace pharox::engine {
namespace {

constexpr std::size_t kNoBudget = std::numeric_limits<std::size_t>::max();

std::vector<std::uint64_t> advance(TimerWheel& wheel, TimerWheel::Ticks now) {
  std::vector<std::uint64_t> fired;
  EXPECT_TRUE(wheel.advance(now, kNoBudget, [&](std::uint64_t id) { fired.push_back(id); }));
  return fired;
}

TEST(TimerWheel, FiresAtItsDeadlineAndNotATickBefore) {
  for (const TimerWheel::Ticks delay :
       {1ull, 63ull, 64ull, 65ull, 4095ull, 4096ull, 300'000'000ull, 1ull << 40, 1ull << 62}) {
    TimerWheel wheel(1000);
    wheel.schedule(1000 + delay, 7);
    EXPECT_TRUE(advance(wheel, 1000 + delay - 1).empty()) << delay;
    EXPECT_EQ(advance(wheel, 1000 + delay), std::vector<std::uint64_t>{7}) << delay;
    EXPECT_EQ(wheel.size(), 0u);
  }
}

TEST(TimerWheel, DeadlineInThePastFiresAtOnce) {
  TimerWheel wheel(1000);
  wheel.schedule(5, 1);
  EXPECT_EQ(advance(wheel, 1000), std::vector<std::uint64_t>{1});
}

TEST(TimerWheel, CancelledTimerNeverFires) {
  TimerWheel wheel(0);
  const auto first = wheel.schedule(10, 1);
  wheel.schedule(10, 2);
  wheel.cancel(first);
  EXPECT_EQ(advance(wheel, 100), std::vector<std::uint64_t>{2});
}

TEST(TimerWheel, FiresInOrderOfDeadlinesWhenAdvancedTickByTick) {
  TimerWheel wheel(0);
  std::mt19937_64 random(1);
  std::vector<std::uint64_t> fired;
  for (int i = 0; i < 1000; ++i) {
    const auto deadline = random() % 1'000'000;
    wheel.schedule(deadline, deadline);
  }
  for (TimerWheel::Ticks now = 0; now < 1'000'000; ++now) {
    wheel.advance(now, kNoBudget, [&](std::uint64_t deadline) {
      EXPECT_EQ(deadline, now);
      fired.push_back(deadline);
    });
  }
  EXPECT_EQ(fired.size(), 1000u);
}

TEST(TimerWheel, OfManyThatEndInOneMomentEachStepFiresOne) {
  TimerWheel wheel(0);
  for (std::uint64_t i = 0; i < 10'000; ++i) wheel.schedule(60'000'000, i);
  std::size_t fired = 0;
  wheel.advance(60'000'001, 100, [&](std::uint64_t) { ++fired; });
  EXPECT_EQ(fired, 100u);
}

TEST(TimerWheel, WorkIsBoundedByTheBudgetAndNothingIsLost) {
  TimerWheel wheel(0);
  for (std::uint64_t i = 0; i < 10'000; ++i) wheel.schedule(1'000'000, i);
  std::size_t fired = 0;
  std::size_t most_in_one_call = 0;
  for (bool done = false; !done;) {
    std::size_t in_this_call = 0;
    done = wheel.advance(1'000'000, 100, [&](std::uint64_t) { ++in_this_call; });
    most_in_one_call = std::max(most_in_one_call, in_this_call);
    fired += in_this_call;
    ASSERT_EQ(wheel.validate(), std::nullopt);
  }
  EXPECT_EQ(fired, 10'000u);
  EXPECT_LE(most_in_one_call, 100u);
}

TEST(TimerWheel, NextEventIsNeverLaterThanTheNextDeadline) {
  TimerWheel wheel(123);
  EXPECT_EQ(wheel.next_event(), std::numeric_limits<TimerWheel::Ticks>::max());
  wheel.schedule(500'000, 1);
  EXPECT_LE(wheel.next_event(), 500'000u);
  while (wheel.size() > 0) {
    const auto next = wheel.next_event();
    wheel.advance(next, kNoBudget, [&](std::uint64_t) { EXPECT_EQ(next, 500'000u); });
  }
}

TEST(TimerWheel, TimerScheduledWhileAnotherFiresIsKept) {
  TimerWheel wheel(0);
  wheel.schedule(10, 1);
  std::vector<std::uint64_t> fired;
  wheel.advance(20, kNoBudget, [&](std::uint64_t id) {
    fired.push_back(id);
    if (id == 1) wheel.schedule(15, 2);
  });
  EXPECT_EQ(fired, (std::vector<std::uint64_t>{1, 2}));
}

// Against the obvious structure: an ordered map of deadlines.
TEST(TimerWheel, BehavesAsAnOrderedMapUnderRandomOperations) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  TimerWheel::Ticks now = random() % 1'000'000'000;
  TimerWheel wheel(now);
  std::map<std::uint64_t, TimerWheel::Ticks> expected;  // id -> deadline
  std::map<std::uint64_t, TimerWheel::Handle> handles;
  for (std::uint64_t id = 0; id < 100'000; ++id) {
    const auto reach = TimerWheel::Ticks{1} << (random() % 34);
    switch (random() % 4) {
      case 0:
      case 1:
        expected[id] = now + random() % reach;
        handles[id] = wheel.schedule(expected[id], id);
        break;
      case 2:
        if (!handles.empty()) {
          auto victim = handles.lower_bound(random() % (id + 1));
          if (victim == handles.end()) victim = handles.begin();
          wheel.cancel(victim->second);
          expected.erase(victim->first);
          handles.erase(victim);
        }
        break;
      case 3: {
        now += random() % reach;
        const bool done = wheel.advance(now, random() % 300, [&](std::uint64_t fired) {
          ASSERT_TRUE(expected.contains(fired));
          ASSERT_LE(expected[fired], now);
          expected.erase(fired);
          handles.erase(fired);
        });
        if (done) {
          for (const auto& [pending, deadline] : expected) ASSERT_GT(deadline, now) << pending;
        }
        break;
      }
    }
    ASSERT_EQ(wheel.size(), expected.size());
    if (id % 256 == 0) {
      ASSERT_EQ(wheel.validate(), std::nullopt);
    }
  }
}

}  // namespace
}  // namespace pharox::engine
