// The bad rows of a list, as they are reported: the first ones, then how many more.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/output.h"

namespace pharox::tools {

class BadRows {
 public:
  // `unit` is what the numbers count: "line" or "row".
  explicit BadRows(std::string_view unit) : unit_(unit) {}

  void report(std::uint64_t number, std::string_view reason) {
    if (++count_ <= kReported) note("{} {}: {}", unit_, number, reason);
  }
  void report_rest() const {
    if (count_ > kReported) note("and {} more bad rows", grouped(count_ - kReported));
  }

 private:
  static constexpr std::uint64_t kReported = 20;

  const std::string unit_;
  std::uint64_t count_ = 0;
};

}  // namespace pharox::tools
