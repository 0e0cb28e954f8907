#include "tools/latency_histogram.h"

#include <gtest/gtest.h>

#include <limits>

namespace pharox::tools {
namespace {

using std::chrono::nanoseconds;

TEST(LatencyHistogram, AnEmptyOneIsZero) {
  const LatencyHistogram empty;
  EXPECT_EQ(empty.count(), 0u);
  EXPECT_EQ(empty.max(), nanoseconds{0});
  EXPECT_EQ(empty.percentile(50), nanoseconds{0});
}

TEST(LatencyHistogram, SmallValuesAreExact) {
  LatencyHistogram histogram;
  for (int i = 1; i <= 50; ++i) histogram.add(nanoseconds{i});
  EXPECT_EQ(histogram.percentile(50), nanoseconds{25});
  EXPECT_EQ(histogram.percentile(90), nanoseconds{45});
  EXPECT_EQ(histogram.percentile(100), nanoseconds{50});
  EXPECT_EQ(histogram.max(), nanoseconds{50});
}

TEST(LatencyHistogram, EveryValueIsWithinThreePercent) {
  for (std::int64_t value = 1; value < std::numeric_limits<std::int64_t>::max() / 3;
       value += value / 3 + 1) {
    LatencyHistogram histogram;
    histogram.add(nanoseconds{value});
    histogram.add(nanoseconds::max());
    const auto found = histogram.percentile(50).count();
    EXPECT_GE(found, value);
    EXPECT_LE(static_cast<double>(found), static_cast<double>(value) * 1.0313) << value;
  }
}

TEST(LatencyHistogram, ExtremesAreTaken) {
  LatencyHistogram histogram;
  histogram.add(nanoseconds{-5});
  histogram.add(nanoseconds::max());
  EXPECT_EQ(histogram.percentile(1), nanoseconds{0});
  EXPECT_EQ(histogram.percentile(100), nanoseconds::max());
}

TEST(LatencyHistogram, MergingCountsBoth) {
  LatencyHistogram a;
  LatencyHistogram b;
  for (int i = 0; i < 99; ++i) a.add(nanoseconds{10});
  b.add(nanoseconds{1'000'000});
  a.merge(b);
  EXPECT_EQ(a.count(), 100u);
  EXPECT_EQ(a.percentile(99), nanoseconds{10});
  EXPECT_EQ(a.max(), nanoseconds{1'000'000});
}

}  // namespace
}  // namespace pharox::tools
