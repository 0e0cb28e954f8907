#include "storage/wait_word.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <thread>

namespace pharox::storage {
namespace {

using namespace std::chrono_literals;

TEST(WaitWord, AnotherValueIsNotWaitedFor) {
  WaitWord word{3};
  EXPECT_EQ(word.wait_while(2, 0), 3);
  EXPECT_EQ(word.wait_while(2, 4), 3);
}

TEST(WaitWord, OnlyTheExpectedValueIsReplaced) {
  WaitWord word{3};
  EXPECT_FALSE(word.replace(2, 4));
  EXPECT_EQ(word.load(), 3);
  EXPECT_TRUE(word.replace(3, 4));
  EXPECT_EQ(word.load(), 4);
}

TEST(WaitWord, WhoeverSleepsIsWokenByAChange) {
  for (const int yields : {0, 4}) {
    WaitWord word{0};
    std::array<std::future<int>, 3> waiting;
    for (auto& each : waiting) {
      each = std::async(std::launch::async, [&] { return word.wait_while(0, yields); });
    }
    std::this_thread::sleep_for(20ms);
    word.wake_all();  // nothing has changed: they go on waiting
    for (auto& each : waiting) EXPECT_EQ(each.wait_for(5ms), std::future_status::timeout);
    word.store(7);
    word.wake_all();
    for (auto& each : waiting) EXPECT_EQ(each.get(), 7);
  }
}

TEST(WaitWord, OneIsWokenWhereOneIsAskedFor) {
  WaitWord word{0};
  std::atomic<int> awake{0};
  std::array<std::jthread, 2> waiting;
  for (auto& each : waiting) {
    each = std::jthread([&] {
      word.wait_while(0, 0);
      ++awake;
    });
  }
  std::this_thread::sleep_for(20ms);
  word.store(1);
  word.wake_one();
  while (awake == 0) std::this_thread::yield();
  word.wake_all();
}

}  // namespace
}  // namespace pharox::storage
