// Measures the parts of an acquire, where anybody wants to know.
#pragma once

#include <chrono>
#include <utility>

#include "pharox/acquire_request.h"

namespace pharox::engine {

// What passes between two calls of it is added to a part.
class Stopwatch {
 public:
  explicit Stopwatch(AcquireTimes* times) : times_(times) {
    if (times_ != nullptr) last_ = std::chrono::steady_clock::now();
  }
  void add_to(std::chrono::nanoseconds AcquireTimes::*part) {
    if (times_ == nullptr) return;
    const auto now = std::chrono::steady_clock::now();
    times_->*part += now - std::exchange(last_, now);
  }

 private:
  AcquireTimes* const times_;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace pharox::engine
