#include "pharox/time.h"

#include <gtest/gtest.h>

#include <random>

namespace pharox {
namespace {

using namespace std::chrono;

constexpr Timestamp kMoment = sys_days{year{2026} / 8 / 22} + hours{9} + minutes{30} + Duration{1};

TEST(TimestampText, HasSixDecimalsAndZ) {
  EXPECT_EQ(to_string(kMoment), "2026-08-22T09:30:00.000001Z");
  EXPECT_EQ(to_string(Timestamp{}), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(to_string(Timestamp{Duration{-1}}), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(to_string(kMinTimestamp), "0001-01-01T00:00:00.000000Z");
  EXPECT_EQ(to_string(kMaxTimestamp), "9999-12-31T23:59:59.999999Z");
}

TEST(TimestampText, RoundTripsAndKeepsOrder) {
  std::mt19937_64 random(1);
  std::uniform_int_distribution<std::int64_t> us(kMinTimestamp.time_since_epoch().count(),
                                                 kMaxTimestamp.time_since_epoch().count());
  Timestamp last = kMinTimestamp;
  for (int i = 0; i < 20'000; ++i) {
    const Timestamp t{Duration{us(random)}};
    ASSERT_EQ(parse_timestamp(to_string(t)), t) << to_string(t);
    ASSERT_EQ(to_string(last) < to_string(t), last < t);
    last = t;
  }
  EXPECT_EQ(parse_timestamp(to_string(kMinTimestamp)), kMinTimestamp);
  EXPECT_EQ(parse_timestamp(to_string(kMaxTimestamp)), kMaxTimestamp);
}

TEST(TimestampText, UsualVariationsAreRead) {
  const Timestamp second = floor<seconds>(kMoment);
  EXPECT_EQ(parse_timestamp("2026-08-22T09:30:00Z"), second);
  EXPECT_EQ(parse_timestamp("2026-08-22 09:30:00Z"), second);
  EXPECT_EQ(parse_timestamp("2026-08-22T09:30:00.1Z"), second + milliseconds{100});
  EXPECT_EQ(parse_timestamp("2026-08-22T11:30:00.000001+02:00"), kMoment);
  EXPECT_EQ(parse_timestamp("2026-08-21 23:00:00.000001-10:30"), kMoment);
  EXPECT_EQ(parse_timestamp("2026-08-22T09:30:00+00:00"), second);
  EXPECT_EQ(parse_timestamp("2024-02-29T00:00:00Z"), sys_days{year{2024} / 2 / 29});
}

TEST(TimestampText, OtherTextIsNotRead) {
  for (const char* text : {"",
                           "2026-08-22",
                           "2026-08-22T09:30:00",
                           "2026-08-22T09:30Z",
                           "2026-08-22T09:30:00.Z",
                           "2026-08-22T09:30:00.0000001Z",
                           "2026-08-22T09:30:00Z ",
                           " 2026-08-22T09:30:00Z",
                           "2026-13-22T09:30:00Z",
                           "2026-02-29T09:30:00Z",
                           "2026-00-01T09:30:00Z",
                           "2026-01-00T09:30:00Z",
                           "2026-08-22T24:00:00Z",
                           "2026-08-22T09:60:00Z",
                           "2026-08-22T09:30:60Z",
                           "2026-08-22T09:30:00+2:00",
                           "2026-08-22T09:30:00+0200",
                           "2026-08-22T09:30:00+24:00",
                           "2026-08-22_09:30:00Z",
                           "2026-8-22T09:30:00Z",
                           "+026-08-22T09:30:00Z",
                           "2026-08-22T09:30:00,1Z",
                           "0000-12-31T23:59:59Z",
                           "0001-01-01T00:30:00+01:00",
                           "9999-12-31T23:30:00-01:00",
                           "10000-01-01T00:00:00Z"}) {
    EXPECT_FALSE(parse_timestamp(text)) << text;
  }
}

TEST(UtcNow, IsWithinTheRangeOfRecords) {
  EXPECT_GT(utc_now(), kMinTimestamp);
  EXPECT_LT(utc_now(), kMaxTimestamp);
}

}  // namespace
}  // namespace pharox
