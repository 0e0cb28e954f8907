#include "tools/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace pharox::tools {

void LatencyHistogram::add(Nanoseconds latency) {
  const auto value = static_cast<std::uint64_t>(std::max(latency, Nanoseconds{0}).count());
  ++counts_[bucket_of(value)];
  ++count_;
  max_ = std::max(max_, value);
}

void LatencyHistogram::merge(const LatencyHistogram& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

LatencyHistogram::Nanoseconds LatencyHistogram::percentile(double percent) const {
  const auto wanted =
      static_cast<std::uint64_t>(std::ceil(static_cast<double>(count_) * percent / 100.0));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += counts_[i];
    if (seen >= wanted && seen != 0) {
      const std::uint64_t value = std::min(last_value_of(i), max_);
      return Nanoseconds{static_cast<Nanoseconds::rep>(value)};
    }
  }
  return Nanoseconds{0};
}

std::size_t LatencyHistogram::bucket_of(std::uint64_t value) {
  if (value < kExact) return value;
  const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - kPrecisionBits - 1;
  // value >> shift has its highest bit and kPrecisionBits more: kExact / 2 different values.
  return kExact + (shift - 1) * (kExact / 2) + (value >> shift) - kExact / 2;
}

std::uint64_t LatencyHistogram::last_value_of(std::size_t bucket) {
  if (bucket < kExact) return bucket;
  const std::size_t above = bucket - kExact;
  const std::size_t shift = above / (kExact / 2) + 1;
  const std::uint64_t head = above % (kExact / 2) + kExact / 2;
  return (head << shift) + ((std::uint64_t{1} << shift) - 1);
}

}  // namespace pharox::tools
