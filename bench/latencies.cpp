#include "bench/latencies.h"

namespace pharox::bench {

void Latencies::report(benchmark::State& state, const std::string& prefix) const {
  const auto count = [](Nanoseconds latency) { return static_cast<double>(latency.count()); };
  state.counters[prefix + "p50_ns"] = count(histogram_.percentile(50));
  state.counters[prefix + "p99_ns"] = count(histogram_.percentile(99));
  state.counters[prefix + "max_ns"] = count(histogram_.max());
}

Nanoseconds clock_cost() {
  tools::LatencyHistogram histogram;
  for (int i = 0; i < 100'000; ++i) histogram.add(time_of([] {}));
  return histogram.percentile(50);
}

}  // namespace pharox::bench
