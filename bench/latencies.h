// How long operations took, as the counters of a row.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

#include "tools/latency_histogram.h"

namespace pharox::bench {

using Steady = std::chrono::steady_clock;
using Nanoseconds = std::chrono::nanoseconds;

template <class Operation>
Nanoseconds time_of(Operation&& operation) {
  const auto start = Steady::now();
  operation();
  return Steady::now() - start;
}

class Latencies {
 public:
  void add(Nanoseconds latency) { histogram_.add(latency); }
  void merge(const Latencies& other) { histogram_.merge(other.histogram_); }

  // <prefix>p50_ns, <prefix>p99_ns and <prefix>max_ns.
  void report(benchmark::State& state, const std::string& prefix = "") const;

 private:
  tools::LatencyHistogram histogram_;
};

// What two readings of the clock around nothing cost: it is in every latency.
Nanoseconds clock_cost();

// Measures one operation in a row that is run many times.
//
// An operation that takes long is timed one by one. With a short one that would burden the
// throughput with the clock, so it runs in a loop without a clock first, which gives
// items_per_second, and then again, one by one, for the percentiles.
class OperationMeasurement {
 public:
  template <class Operation>
  void run(benchmark::State& state, Operation&& operation) {
    warm_up(operation);
    Latencies latencies;
    if (slow_) {
      for (auto _ : state) latencies.add(time_of(operation));
    } else {
      for (auto _ : state) operation();
      const auto again = std::min<benchmark::IterationCount>(state.iterations(), kMostTimed);
      for (benchmark::IterationCount i = 0; i < again; ++i) latencies.add(time_of(operation));
    }
    state.SetItemsProcessed(state.iterations());
    latencies.report(state);
    state.counters["first_ns"] = static_cast<double>(first_->count());
  }

 private:
  static constexpr benchmark::IterationCount kMostTimed = 10'000;
  // The clock adds less than 1 % to it.
  static constexpr Nanoseconds kSlow = std::chrono::microseconds{10};

  // The very first time is a figure of its own: caches are cold. An index for it may be made when
  // it is asked again, so one slow time more does not make it slow.
  template <class Operation>
  void warm_up(Operation&& operation) {
    if (first_) return;
    first_ = time_of(operation);
    for (int tries = 0; tries < 2 && (tries == 0 || slow_); ++tries) {
      slow_ = time_of(operation) > kSlow;
    }
  }

  std::optional<Nanoseconds> first_;
  bool slow_ = false;
};

}  // namespace pharox::bench
