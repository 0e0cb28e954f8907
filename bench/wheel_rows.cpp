// Wheel: what a lease's timer costs, whatever the number of timers that stand beside it.
#include <random>

#include "bench/latencies.h"
#include "bench/rows.h"
#include "bench/stage.h"
#include "engine/timer_wheel.h"

namespace pharox::bench {
namespace {

using engine::TimerWheel;

// Microseconds, as the engine has them: leases of up to an hour.
constexpr TimerWheel::Ticks kStart = 1'000'000'000;
constexpr TimerWheel::Ticks kLongest = 3'600'000'000;

class StandingTimers {
 public:
  explicit StandingTimers(std::size_t count) : wheel_(kStart) {
    for (std::size_t i = 0; i < count; ++i) handles_.push_back(schedule());
    for (auto& deadline : deadlines_) deadline = kStart + random_() % kLongest;
    for (auto& victim : victims_) victim = static_cast<std::uint32_t>(random_() % count);
  }

  // A lease that is given back at once.
  void schedule_and_cancel() { wheel_.cancel(wheel_.schedule(next_deadline(), 0)); }

  // Any lease is given back, and another made.
  void replace_any() {
    TimerWheel::Handle& handle = handles_[victims_[turn_ % kDraws]];
    wheel_.cancel(handle);
    handle = wheel_.schedule(next_deadline(), 0);
  }

 private:
  // Drawn before, because drawing costs as much as what is measured.
  static constexpr std::size_t kDraws = 1 << 16;

  TimerWheel::Handle schedule() { return wheel_.schedule(kStart + random_() % kLongest, 0); }
  TimerWheel::Ticks next_deadline() { return deadlines_[turn_++ % kDraws]; }

  TimerWheel wheel_;
  std::mt19937_64 random_{9};
  std::vector<TimerWheel::Handle> handles_;
  std::vector<TimerWheel::Ticks> deadlines_ = std::vector<TimerWheel::Ticks>(kDraws);
  std::vector<std::uint32_t> victims_ = std::vector<std::uint32_t>(kDraws);
  std::size_t turn_ = 0;
};

Row wheel_row(std::string_view what, void (StandingTimers::*operation)(), std::size_t timers,
              const std::shared_ptr<Stage>& stage) {
  auto measurement = std::make_shared<OperationMeasurement>();
  return {"Wheel/" + std::string(what) + "/" + std::to_string(timers),
          [=](benchmark::State& state) {
            StandingTimers& standing = stage->get("wheel/" + std::to_string(timers), [&] {
              return std::make_unique<StandingTimers>(timers);
            });
            measurement->run(state, [&] { (standing.*operation)(); });
          }};
}

}  // namespace

void add_wheel_rows(const Scale& scale, const std::shared_ptr<Stage>& stage, Rows& rows) {
  for (const std::size_t timers : scale.timers) {
    rows.push_back(
        wheel_row("schedule_cancel", &StandingTimers::schedule_and_cancel, timers, stage));
    rows.push_back(wheel_row("replace_any", &StandingTimers::replace_any, timers, stage));
  }
}

}  // namespace pharox::bench
