// Ctrl-C and `kill`, as something to wait for.
#pragma once

#include <chrono>
#include <csignal>

namespace pharox::tools {

// While one exists, SIGINT and SIGTERM do not end the process but wait to be asked for. Construct
// it before the first thread: threads inherit the mask, and one without it would get the signals.
// Afterwards they end the process again, so a second Ctrl-C stops a stop that takes too long.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // True when a signal has arrived, false at `deadline`.
  bool wait_until(std::chrono::steady_clock::time_point deadline);

 private:
  sigset_t signals_;
  sigset_t before_;
};

}  // namespace pharox::tools
