#include "pharox/retry.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "pharox/errors.h"

namespace pharox {
namespace {

// A wait that nobody outlives; keeps the product of many multiplications in range.
constexpr Duration kLongestWait = std::chrono::hours{24 * 365};

[[noreturn]] void refuse(const std::string& field, const std::string& value,
                         const std::string& rule) {
  throw InvalidArgumentError("retry." + field + " is " + value + "; it must be " + rule);
}

}  // namespace

void validate(const RetryPolicy& policy) {
  if (policy.max_attempts < 1) {
    refuse("max_attempts", std::to_string(policy.max_attempts), "at least 1");
  }
  if (policy.backoff < Duration{0}) {
    refuse("backoff", std::to_string(policy.backoff.count()) + " microseconds", "at least 0");
  }
  if (!(policy.multiplier >= 1) || !std::isfinite(policy.multiplier)) {
    refuse("multiplier", std::to_string(policy.multiplier), "at least 1 and finite");
  }
  if (policy.max_backoff && *policy.max_backoff <= Duration{0}) {
    refuse("max_backoff", std::to_string(policy.max_backoff->count()) + " microseconds",
           "more than 0");
  }
}

Duration backoff_after(const RetryPolicy& policy, int attempt) {
  const Duration cap = std::min(policy.max_backoff.value_or(kLongestWait), kLongestWait);
  const double wait =
      static_cast<double>(policy.backoff.count()) * std::pow(policy.multiplier, attempt - 1);
  if (!(wait < static_cast<double>(cap.count())))
    return policy.backoff.count() == 0 ? Duration{0} : cap;
  return Duration{std::llround(wait)};
}

Polling::Polling(Duration wait_for) : wait_for_(wait_for) {}

std::optional<Duration> Polling::next() {
  const auto waited =
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - start_);
  if (waited >= wait_for_) return std::nullopt;
  const Duration wait = std::min(interval_, wait_for_ - waited);
  interval_ = std::min<Duration>(2 * interval_, std::chrono::milliseconds{100});
  return wait;
}

}  // namespace pharox
