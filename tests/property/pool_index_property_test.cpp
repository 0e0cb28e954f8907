// Whatever has happened to a pool and whatever is asked: the index chooses what looking at every
// proxy does, and is what it would be if it were made anew from its rows.
//
// PHAROX_SEED repeats a run, PHAROX_QUERIES sets the number of queries over all pools. Pools of
// several sizes, because they are chosen from in different ways: few candidates are sorted, many
// are tried in order, and what is asked often gets a bit plane.
#include <gtest/gtest.h>

#include <ostream>

#include "tests/fixtures/environment.h"
#include "tests/property/paired_pool.h"

namespace pharox::tests {
namespace {

constexpr std::uint64_t kDefaultQueries = 100'000;
constexpr std::uint64_t kOperationsPerCheck = 10'000;
constexpr int kQuestionsPerCheck = 300;

// Large pools get fewer queries: brute force looks at every proxy for each of them.
struct PoolSize {
  std::size_t proxies;
  std::uint64_t percent_of_queries;
};

std::ostream& operator<<(std::ostream& out, const PoolSize& size) { return out << size.proxies; }

class PoolIndexProperty : public ::testing::TestWithParam<PoolSize> {};

TEST_P(PoolIndexProperty, ChoiceEqualsBruteForceAndIndexEqualsRebuild) {
  const std::uint64_t seed = announced_seed();
  const std::uint64_t queries = number_from_environment("PHAROX_QUERIES", kDefaultQueries) *
                                GetParam().percent_of_queries / 100;
  PairedPool pool(seed, GetParam().proxies);
  std::uint64_t operations = 0;
  const auto after_operation = [&](const std::optional<std::string>& difference) {
    ++operations;
    ASSERT_EQ(difference, std::nullopt) << "operation " << operations;
    if (operations % kOperationsPerCheck == 0) {
      ASSERT_EQ(pool.check(kQuestionsPerCheck), std::nullopt) << "operation " << operations;
    }
  };
  for (std::uint64_t asked = 0; asked < queries; ++asked) {
    pool.change();
    ASSERT_NO_FATAL_FAILURE(after_operation(std::nullopt));
    ASSERT_NO_FATAL_FAILURE(after_operation(pool.ask()));
  }
  ASSERT_EQ(pool.check(kQuestionsPerCheck), std::nullopt) << "at the end";
  std::cout << queries << " queries agreed" << std::endl;
}

INSTANTIATE_TEST_SUITE_P(Sizes, PoolIndexProperty,
                         ::testing::Values(PoolSize{3, 5}, PoolSize{60, 30}, PoolSize{400, 40},
                                           PoolSize{4'000, 25}),
                         [](const auto& instance) {
                           return "Proxies" + std::to_string(instance.param.proxies);
                         });

}  // namespace
}  // namespace pharox::tests
