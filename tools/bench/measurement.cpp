#include "tools/bench/measurement.h"

#include <atomic>
#include <exception>
#include <latch>
#include <thread>
#include <vector>

#include "pharox/errors.h"

namespace pharox::tools {

namespace {

using std::chrono::steady_clock;

struct ThreadResult {
  LatencyHistogram hits;
  LatencyHistogram misses;
  std::exception_ptr error;
};

// The end of one operation is the beginning of the next: one reading of the clock for each.
void repeat(const MeasuredOperation& operation, const std::atomic<bool>& over,
            ThreadResult& result) {
  for (auto before = steady_clock::now(); !over.load(std::memory_order_relaxed);) {
    const bool hit = operation();
    const auto after = steady_clock::now();
    (hit ? result.hits : result.misses).add(after - before);
    before = after;
  }
}

[[noreturn]] void stop() { throw PharoxError("stopped before the end: there is no result"); }

}  // namespace

double Measurement::per_second() const {
  return static_cast<double>(shown().count()) / std::chrono::duration<double>(elapsed).count();
}

double Measurement::miss_share() const {
  const auto all = static_cast<double>(hits.count() + misses.count());
  return all > 0 ? static_cast<double>(misses.count()) / all : 0;
}

void stop_if_asked(const WaitUntil& wait_until) {
  if (wait_until(steady_clock::now())) stop();
}

Measurement measure(const MeasuredOperation& operation, unsigned threads,
                    std::chrono::nanoseconds span, const WaitUntil& wait_until) {
  std::atomic<bool> over = false;
  std::latch ready(threads + 1);
  std::vector<ThreadResult> results(threads);
  std::vector<std::jthread> running;
  for (ThreadResult& result : results) {
    running.emplace_back([&] {
      try {
        ready.arrive_and_wait();
        repeat(operation, over, result);
      } catch (...) {
        result.error = std::current_exception();
      }
    });
  }
  ready.arrive_and_wait();
  const auto start = steady_clock::now();
  const bool stopped = wait_until(start + std::chrono::duration_cast<steady_clock::duration>(span));
  over = true;
  running.clear();  // joins

  Measurement total;
  total.elapsed = steady_clock::now() - start;
  for (const ThreadResult& result : results) {
    if (result.error) std::rethrow_exception(result.error);
    total.hits.merge(result.hits);
    total.misses.merge(result.misses);
  }
  if (stopped) stop();
  return total;
}

}  // namespace pharox::tools
