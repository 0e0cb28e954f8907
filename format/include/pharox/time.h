// Points in time and spans of time: UTC, microseconds, and their text.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace pharox {

// A span of time. Every std::chrono duration that is no finer converts implicitly.
using Duration = std::chrono::microseconds;

// A point in time on the system (wall) clock, UTC, without leap seconds.
using Timestamp = std::chrono::sys_time<Duration>;

// The range that records may hold: text with a four-digit year.
constexpr Timestamp kMinTimestamp = std::chrono::sys_days{std::chrono::year{1} / 1 / 1};
constexpr Timestamp kMaxTimestamp =
    std::chrono::sys_days{std::chrono::year{10000} / 1 / 1} - Duration{1};

// The wall clock, now.
Timestamp utc_now();

// "2026-08-22T09:30:00.000001Z": always six decimals and Z, so that text order is time order.
// Requires kMinTimestamp <= t <= kMaxTimestamp.
std::string to_string(Timestamp t);

// Reads what to_string writes, and its usual variations: 0 to 6 decimals, a space for the T, an
// offset such as +02:00 for the Z. Empty when the text is anything else.
std::optional<Timestamp> parse_timestamp(std::string_view text);

}  // namespace pharox
