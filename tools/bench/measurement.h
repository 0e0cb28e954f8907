// Runs one operation from several threads for a while.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "tools/latency_histogram.h"

namespace pharox::tools {

// Each latency includes one reading of the clock. Hits and misses apart: a miss waits for no disk,
// and a thread that finds nothing asks again at once, so that misses would soon outnumber hits.
struct Measurement {
  LatencyHistogram hits;
  LatencyHistogram misses;
  std::chrono::nanoseconds elapsed{};

  // What a reader is shown: the hits, or the misses where there is nothing else.
  const LatencyHistogram& shown() const { return hits.count() > 0 ? hits : misses; }
  double per_second() const;  // of what is shown
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
