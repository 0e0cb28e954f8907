// The simulation: the engine over a machine that crashes, whose clocks jump and whose commits fail,
// must be what the model is.
//
// PHAROX_SEED repeats a run, PHAROX_STEPS sets the number of steps.
#include "tests/simulation/simulation.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <iostream>
#include <memory>
#include <optional>

#include "tests/fixtures/environment.h"
#include "tests/model/episodes.h"

namespace pharox::tests {
namespace {

constexpr std::uint64_t kDefaultSteps = 100'000;
constexpr std::uint64_t kStepsPerEpisode = 1'000;
constexpr std::uint64_t kProxies = 40;

// Every opening makes tables of a megabyte, and every crash frees them. Given back to the system
// each time, they are most of what a step costs.
void keep_freed_memory() {
  constexpr int kPlenty = 1 << 30;
  mallopt(M_TRIM_THRESHOLD, kPlenty);
  mallopt(M_MMAP_THRESHOLD, kPlenty);
}

void simulate(Durability durability) {
  keep_freed_memory();
  const std::uint64_t seed = announced_seed();
  const std::uint64_t steps = number_from_environment("PHAROX_STEPS", kDefaultSteps) / 2;
  Simulation::Counts counts;
  std::optional<SimulatedDisk> disk;  // of the episode
  std::optional<Commits> commits;
  run_episodes(seed, steps, kStepsPerEpisode, [&](std::uint64_t own_seed, std::uint64_t) {
    disk.emplace(durability);
    commits.emplace();
    return std::make_unique<Simulation>(own_seed, kProxies, *disk, *commits, counts);
  });
  if (testing::Test::HasFatalFailure()) return;
  std::cout << steps << " steps: " << counts.kills << " kills, " << counts.power_losses
            << " power losses, " << counts.closes << " closes, " << counts.cut_openings
            << " openings cut short, " << counts.started_calls << " calls that were started, "
            << counts.failed_commits << " failed commits, " << counts.clock_jumps
            << " clock jumps; " << counts.lost_operations << " operations were lost that might be"
            << std::endl;
}

TEST(Simulation, AgreesWithTheModelOverCrashesWhenCommitsAreSynced) { simulate(Durability::sync); }

TEST(Simulation, AgreesWithTheModelOverCrashesWhenCommitsSurviveTheProcess) {
  simulate(Durability::process);
}

}  // namespace
}  // namespace pharox::tests
