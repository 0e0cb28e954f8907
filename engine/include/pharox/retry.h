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

// Throws InvalidArgumentError naming the field, its value and the rule.
void validate(const RetryPolicy& policy);

// The wait after the attempt with this number, counted from 1. Requires a valid policy.
Duration backoff_after(const RetryPolicy& policy, int attempt);

}  // namespace pharox
