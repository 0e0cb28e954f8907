// Runs one operation from several threads for a while.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "tools/latency_histogram.h"

namespace pharox::tools {

struct Measurement {
  LatencyHistogram latencies;  // of hits and misses; each includes one reading of the clock
  std::uint64_t misses = 0;
  std::chrono::nanoseconds elapsed{};

  double per_second() const;
  double miss_share() const;
};

// False: nothing was available.
using MeasuredOperation = std::function<bool()>;

// Returns false at that time, or true at once when the run is to stop.
using WaitUntil = std::function<bool(std::chrono::steady_clock::time_point)>;

// Throws what the operation throws in any thread, and PharoxError when the run is to stop.
Measurement measure(const MeasuredOperation& operation, unsigned threads,
                    std::chrono::nanoseconds span, const WaitUntil& wait_until);

// Throws PharoxError when the run is to stop.
void stop_if_asked(const WaitUntil& wait_until);

}  // namespace pharox::tools
