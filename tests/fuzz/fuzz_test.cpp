// The fuzz targets without a fuzzer: over their seeds, over what fuzzing has found so far, and over
// random mutations of both.
//
// PHAROX_SEED repeats a run, PHAROX_FUZZ_ROUNDS sets the number of mutations a target.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>

#include "tests/fixtures/environment.h"
#include "tests/fuzz/fuzz_target.h"

namespace pharox::tests {
namespace {

constexpr std::uint64_t kDefaultRounds = 3'000;

using Inputs = std::map<std::string, std::string>;  // by where they come from

Inputs regressions_of(const FuzzTarget& target) {
  Inputs inputs;
  const auto folder = std::filesystem::path(PHAROX_FUZZ_REGRESSIONS) / target.name;
  if (!std::filesystem::exists(folder)) return inputs;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ostringstream bytes;
    bytes << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    inputs[entry.path().string()] = bytes.str();
  }
  return inputs;
}

Inputs inputs_of(const FuzzTarget& target) {
  Inputs inputs = regressions_of(target);
  for (std::string& seed : target.seeds()) {
    inputs.emplace("seed " + std::to_string(inputs.size()), std::move(seed));
  }
  return inputs;
}

std::string mutated(std::string bytes, std::mt19937_64& random) {
  const auto below = [&](std::size_t bound) { return bound == 0 ? 0 : random() % bound; };
  for (std::size_t times = 1 + below(6); times > 0; --times) {
    const std::size_t at = below(bytes.size() + 1);
    switch (below(5)) {
      case 0:
        if (at < bytes.size()) bytes[at] = static_cast<char>(random());
        break;
      case 1:
        bytes.insert(at, 1, static_cast<char>(random()));
        break;
      case 2:
        bytes.erase(at, below(8));
        break;
      case 3:
        bytes.insert(at, bytes.substr(below(bytes.size()), below(40)));
        break;
      default:
        bytes.insert(at, std::to_string(random() >> below(64)));
    }
  }
  return bytes;
}

class Fuzz : public testing::TestWithParam<FuzzTarget> {};

INSTANTIATE_TEST_SUITE_P(, Fuzz, testing::ValuesIn(fuzz_targets().begin(), fuzz_targets().end()),
                         [](const auto& target) { return std::string(target.param.name); });

TEST_P(Fuzz, SeedsAndFormerFindingsAreHandled) {
  for (const auto& [origin, bytes] : inputs_of(GetParam())) {
    SCOPED_TRACE(origin);
    EXPECT_NO_THROW(GetParam().run(bytes));
  }
}

TEST_P(Fuzz, MutationsAreHandled) {
  std::mt19937_64 random(announced_seed());
  const std::uint64_t rounds = number_from_environment("PHAROX_FUZZ_ROUNDS", kDefaultRounds);
  const Inputs inputs = inputs_of(GetParam());
  for (std::uint64_t round = 0; round < rounds; ++round) {
    const auto& [origin, bytes] = *std::next(inputs.begin(), random() % inputs.size());
    const std::string input = mutated(bytes, random);
    ASSERT_NO_THROW(GetParam().run(input)) << "round " << round << ", made of " << origin << ":\n"
                                           << testing::PrintToString(input);
  }
}

}  // namespace
}  // namespace pharox::tests
