#include "tools/agent/workers.h"

#include <mutex>

namespace pharox::tools {

namespace {

// After a miss: long enough not to spin, short enough to get the next proxy that is released.
constexpr std::chrono::milliseconds kBackOff{5};

// Sleeps, or returns early when asked to stop.
void sleep_unless_stopped(const std::stop_token& stop, std::chrono::milliseconds span) {
  if (span.count() == 0) return;
  std::mutex mutex;
  std::condition_variable_any never_notified;
  std::unique_lock lock(mutex);
  never_notified.wait_for(lock, stop, span, [] { return false; });
}

std::chrono::nanoseconds since(std::chrono::steady_clock::time_point start) {
  return std::chrono::steady_clock::now() - start;
}

}  // namespace

Workers::Workers(ProxyManager& manager, const WorkerOptions& options)
    : manager_(manager), options_(options), latencies_(options.workers) {
  for (WorkerLatencies& latencies : latencies_) {
    threads_.emplace_back(
        [this, &latencies](const std::stop_token& stop) { work(stop, latencies); });
  }
}

bool Workers::failed() const {
  storage::MutexLock lock(mutex_);
  return error_ != nullptr;
}

WorkerLatencies Workers::finish() {
  stop();
  {
    storage::MutexLock lock(mutex_);
    if (error_) std::rethrow_exception(error_);
  }
  WorkerLatencies total;
  for (const WorkerLatencies& latencies : latencies_) {
    total.acquire.merge(latencies.acquire);
    total.release.merge(latencies.release);
  }
  return total;
}

void Workers::stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();  // joins
}

void Workers::work(const std::stop_token& stop, WorkerLatencies& latencies) noexcept {
  try {
    lease_until_stopped(stop, latencies);
  } catch (...) {
    storage::MutexLock lock(mutex_);
    if (!error_) error_ = std::current_exception();
  }
}

void Workers::lease_until_stopped(const std::stop_token& stop, WorkerLatencies& latencies) {
  while (!stop.stop_requested()) {
    auto start = std::chrono::steady_clock::now();
    const auto lease = manager_.acquire_proxy(options_.request);
    if (!lease) {
      sleep_unless_stopped(stop, kBackOff);
      continue;
    }
    latencies.acquire.add(since(start));
    sleep_unless_stopped(stop, options_.hold);
    start = std::chrono::steady_clock::now();
    if (manager_.release_proxy(*lease)) latencies.release.add(since(start));
  }
}

}  // namespace pharox::tools
