// Threads that share work do all of it, once, and not before they are told to.
#include "bench/crew.h"

#include <gtest/gtest.h>

#include <numeric>

namespace pharox::bench {
namespace {

TEST(CrewTest, DoesEveryOperationOnceAndNoneBeforeTheStart) {
  constexpr std::size_t kThreads = 4;
  constexpr std::size_t kOperations = 1'001;
  std::vector<std::size_t> done(kThreads);
  Crew crew(kThreads, kOperations, [&](std::size_t thread) { ++done.at(thread); });
  EXPECT_EQ(std::accumulate(done.begin(), done.end(), std::size_t{0}), 0u);
  crew.work();
  EXPECT_EQ(std::accumulate(done.begin(), done.end(), std::size_t{0}), kOperations);
}

}  // namespace
}  // namespace pharox::bench
