// The model-based test: random operations on a storage and on a naive model must come to the same.
//
// PHAROX_SEED repeats a run, PHAROX_STEPS sets the number of operations per storage.
#include <gtest/gtest.h>

#include <iostream>
#include <memory>
#include <optional>

#include "tests/fixtures/environment.h"
#include "tests/fixtures/temp_folder.h"
#include "tests/model/episodes.h"
#include "tests/model/model_choice.h"
#include "tests/model/session.h"

namespace pharox::tests {
namespace {

constexpr std::uint64_t kDefaultSteps = 50'000;
constexpr std::uint64_t kStepsPerEpisode = 2'000;

// Few candidates are sorted, many are walked in order: every fifth episode has many.
constexpr std::uint64_t kFewProxies = 60;
constexpr std::uint64_t kManyProxies = 400;

template <class Options>
Options on(const Clock& clock) {
  Options options;
  options.clock = &clock;
  options.background_reclaimer = false;
  options.history = Session::kEndless;
  return options;
}

std::unique_ptr<LeaseStorage> in_memory(const Clock& clock) {
  return std::make_unique<InMemoryStorage>(on<LeaseStorageOptions>(clock));
}

Session::Opener on_disk_in(const std::filesystem::path& folder) {
  return [folder](const Clock& clock) {
    auto options = on<RocksDbStorageOptions>(clock);
    options.durability = Durability::process;
    return std::make_unique<RocksDbStorage>(folder, options);
  };
}

void compare_with_model(bool on_disk) {
  const std::uint64_t seed = announced_seed();
  const std::uint64_t steps = number_from_environment("PHAROX_STEPS", kDefaultSteps);
  std::optional<TempFolder> folder;  // of the episode
  run_episodes(seed, steps, kStepsPerEpisode, [&](std::uint64_t own_seed, std::uint64_t episode) {
    folder.emplace();
    return std::make_unique<Session>(
        own_seed, episode % 5 == 4 ? kManyProxies : kFewProxies,
        on_disk ? on_disk_in(folder->path() / "store") : Session::Opener(in_memory), on_disk);
  });
  if (testing::Test::HasFatalFailure()) return;
  std::cout << steps << " operations agreed" << std::endl;
}

TEST(Model, AgreesWithInMemoryStorage) { compare_with_model(false); }

TEST(Model, AgreesWithRocksDbStorageAcrossReopening) { compare_with_model(true); }

// The model's own formula, so that the two are not wrong together.
TEST(Model, DistanceAgreesWithHaversine) {
  Generator random(announced_seed(), kFewProxies);
  for (int i = 0; i < 10'000; ++i) {
    const double a = random.real(-90, 90), b = random.real(-180, 180);
    const double c = random.real(-90, 90), d = random.real(-180, 180);
    EXPECT_NEAR(sphere_distance_km(a, b, c, d), haversine_km(a, b, c, d), 1e-3);
  }
}

}  // namespace
}  // namespace pharox::tests
