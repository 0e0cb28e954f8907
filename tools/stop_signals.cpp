#include "tools/stop_signals.h"

#include <algorithm>
#include <ctime>

namespace pharox::tools {

StopSignals::StopSignals() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
}

StopSignals::~StopSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

bool StopSignals::wait_until(std::chrono::steady_clock::time_point deadline) {
  using std::chrono::nanoseconds;
  for (;;) {
    const auto left = std::max(nanoseconds{0}, std::chrono::duration_cast<nanoseconds>(
                                                   deadline - std::chrono::steady_clock::now()));
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    timespec timeout{};
    timeout.tv_sec = static_cast<time_t>(seconds.count());
    timeout.tv_nsec = static_cast<long>((left - seconds).count());
    if (sigtimedwait(&signals_, nullptr, &timeout) > 0) return true;
    if (left == nanoseconds{0}) return false;  // else a debugger or another signal woke it
  }
}

}  // namespace pharox::tools
