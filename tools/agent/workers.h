// Threads that lease a proxy, hold it, give it back, and begin again.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <stop_token>
#include <thread>
#include <vector>

#include "pharox/manager.h"
#include "storage/mutex.h"
#include "tools/latency_histogram.h"

namespace pharox::tools {

struct WorkerOptions {
  AcquireRequest request;
  unsigned workers = 8;
  std::chrono::milliseconds hold{0};
};

// Successful calls only: what a miss takes says nothing about leasing.
struct WorkerLatencies {
  LatencyHistogram acquire;
  LatencyHistogram release;
};

class Workers {
 public:
  // Starts them. `manager` must outlive this.
  Workers(ProxyManager& manager, const WorkerOptions& options);
  // Stops and waits, in case of an exception.
  ~Workers() { stop(); }

  // Whether one has failed: the others go on until they are stopped.
  bool failed() const;

  // Lets each give back what it holds, and waits for them. Returns what they measured. Throws what
  // the first worker that failed threw.
  WorkerLatencies finish();

 private:
  void work(const std::stop_token& stop, WorkerLatencies& latencies) noexcept;
  void lease_until_stopped(const std::stop_token& stop, WorkerLatencies& latencies);
  void stop();

  ProxyManager& manager_;
  const WorkerOptions options_;
  mutable storage::Mutex mutex_;
  std::exception_ptr error_ PHAROX_GUARDED_BY(mutex_);
  std::vector<WorkerLatencies> latencies_;  // one a thread
  std::vector<std::jthread> threads_;       // last: they use everything above
};

}  // namespace pharox::tools
