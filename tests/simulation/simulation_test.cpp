// The simulation: the engine over a machine that crashes, whose clocks jump and whose commits fail,
// must be what the model is.
//
// PHAROX_SEED repeats a run, PHAROX_STEPS sets the number of steps. They are done in episodes, each
// over a fresh disk, with a seed of its own, so that stores stay small enough to be checked whole.
#include "tests/simulation/simulation.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <iostream>
#include <memory>

#include "tests/fixtures/environment.h"

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
  for (std::uint64_t done = 0; done < steps;) {
    const std::uint64_t episode = done / kStepsPerEpisode;
    SimulatedDisk disk(durability);
    Commits commits;
    std::unique_ptr<Simulation> simulation;
    try {
      simulation = std::make_unique<Simulation>(seed + episode, kProxies, disk, commits, counts);
      for (std::uint64_t i = 0; i < kStepsPerEpisode && done < steps; ++i, ++done) {
        simulation->step();
      }
    } catch (const std::exception& error) {
      FAIL() << "PHAROX_SEED=" << seed << ", step " << done << " (episode " << episode << ")\n"
             << (simulation ? simulation->operation() : "the first records") << "\n"
             << error.what();
    }
  }
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
