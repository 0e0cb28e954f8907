// Random steps in episodes, each over a fresh store and with a seed of its own, so that stores stay
// small enough to be checked whole after every step.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <exception>

namespace pharox::tests {

// make(seed, episode) makes a session (step(), operation()) for one episode. The first mismatch
// ends all of them, with what repeats it. Check HasFatalFailure() afterwards.
template <class Make>
void run_episodes(std::uint64_t seed, std::uint64_t steps, std::uint64_t steps_per_episode,
                  const Make& make) {
  for (std::uint64_t done = 0; done < steps;) {
    const std::uint64_t episode = done / steps_per_episode;
    decltype(make(seed, episode)) session;
    try {
      session = make(seed + episode, episode);
      for (std::uint64_t i = 0; i < steps_per_episode && done < steps; ++i, ++done) {
        session->step();
      }
    } catch (const std::exception& error) {
      FAIL() << "PHAROX_SEED=" << seed << ", step " << done << " (episode " << episode << ")\n"
             << (session ? session->operation() : "the first records") << "\n"
             << error.what();
    }
  }
}

}  // namespace pharox::tests
