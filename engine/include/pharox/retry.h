// How often, and how far apart, an acquire is tried.
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "pharox/time.h"

namespace pharox {

struct RetryPolicy {
  int max_attempts = 3;                               // at least 1
  Duration backoff = std::chrono::milliseconds{500};  // before the second attempt; at least 0
  double multiplier = 2.0;                            // of each further wait; at least 1
  std::optional<Duration> max_backoff{};              // caps every wait; more than 0
  // Replaces the real sleep, in tests.
  std::function<void(Duration)> sleep{};
};

// How long to sleep between looks for a proxy, for a storage that cannot queue callers: short at
// first, a tenth of a second in the end, and never beyond the time that may be waited.
class Polling {
 public:
  explicit Polling(Duration wait_for);
  // Nothing: the time is over.
  std::optional<Duration> next();

 private:
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  const Duration wait_for_;
  Duration interval_ = std::chrono::milliseconds{1};
};

// Throws InvalidArgumentError naming the field, its value and the rule.
void validate(const RetryPolicy& policy);

// The wait after the attempt with this number, counted from 1. Requires a valid policy.
Duration backoff_after(const RetryPolicy& policy, int attempt);

}  // namespace pharox
