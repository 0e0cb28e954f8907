#include "pharox/time.h"

#include <cstdint>

namespace pharox {

namespace {

using namespace std::chrono;

void append_number(std::string& text, std::int64_t number, int digits) {
  const std::size_t start = text.size();
  text.append(static_cast<std::size_t>(digits), '0');
  for (std::size_t i = text.size(); i > start; number /= 10) {
    text[--i] = static_cast<char>('0' + number % 10);
  }
}

// Takes what it reads from the front of a text; on a mismatch it takes nothing.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }

  // One character, any of `choices`.
  std::optional<char> one_of(std::string_view choices) {
    if (text_.empty() || choices.find(text_[0]) == choices.npos) return std::nullopt;
    const char c = text_[0];
    text_.remove_prefix(1);
    return c;
  }

  // A number of exactly `digits` digits.
  std::optional<int> number(std::size_t digits) {
    if (text_.size() < digits) return std::nullopt;
    int value = 0;
    for (const char c : text_.substr(0, digits)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    text_.remove_prefix(digits);
    return value;
  }

 private:
  std::string_view text_;
};

std::optional<Duration> scan_date(Scanner& in) {
  const auto y = in.number(4);
  if (!y || !in.one_of("-")) return std::nullopt;
  const auto m = in.number(2);
  if (!m || !in.one_of("-")) return std::nullopt;
  const auto d = in.number(2);
  if (!d) return std::nullopt;
  const year_month_day date{year{*y}, month(unsigned(*m)), day(unsigned(*d))};
  if (!date.ok()) return std::nullopt;
  return sys_days{date}.time_since_epoch();
}

std::optional<Duration> scan_hours_and_minutes(Scanner& in) {
  const auto h = in.number(2);
  if (!h || *h > 23 || !in.one_of(":")) return std::nullopt;
  const auto m = in.number(2);
  if (!m || *m > 59) return std::nullopt;
  return hours{*h} + minutes{*m};
}

std::optional<Duration> scan_seconds(Scanner& in) {
  const auto s = in.number(2);
  if (!s || *s > 59) return std::nullopt;
  if (!in.one_of(".")) return seconds{*s};
  std::int64_t fraction = 0;
  int digits = 0;
  for (; digits < 6; ++digits) {
    const auto digit = in.number(1);
    if (!digit) break;
    fraction = fraction * 10 + *digit;
  }
  if (digits == 0) return std::nullopt;
  for (; digits < 6; ++digits) fraction *= 10;
  return seconds{*s} + microseconds{fraction};
}

// What local time is ahead of UTC.
std::optional<Duration> scan_zone(Scanner& in) {
  if (in.one_of("Z")) return Duration::zero();
  const auto sign = in.one_of("+-");
  if (!sign) return std::nullopt;
  const auto offset = scan_hours_and_minutes(in);
  if (!offset) return std::nullopt;
  return *sign == '-' ? -*offset : *offset;
}

}  // namespace

Timestamp utc_now() { return floor<Duration>(system_clock::now()); }

std::string to_string(Timestamp t) {
  const auto day_start = floor<days>(t);
  const year_month_day date{day_start};
  const hh_mm_ss time{t - day_start};
  std::string text;
  text.reserve(27);
  append_number(text, int{date.year()}, 4);
  text += '-';
  append_number(text, unsigned{date.month()}, 2);
  text += '-';
  append_number(text, unsigned{date.day()}, 2);
  text += 'T';
  append_number(text, time.hours().count(), 2);
  text += ':';
  append_number(text, time.minutes().count(), 2);
  text += ':';
  append_number(text, time.seconds().count(), 2);
  text += '.';
  append_number(text, time.subseconds().count(), 6);
  text += 'Z';
  return text;
}

std::optional<Timestamp> parse_timestamp(std::string_view text) {
  Scanner in(text);
  const auto date = scan_date(in);
  if (!date || !in.one_of("T ")) return std::nullopt;
  const auto minute = scan_hours_and_minutes(in);
  if (!minute || !in.one_of(":")) return std::nullopt;
  const auto second = scan_seconds(in);
  if (!second) return std::nullopt;
  const auto ahead = scan_zone(in);
  if (!ahead || !in.at_end()) return std::nullopt;

  const Timestamp t{*date + *minute + *second - *ahead};
  if (t < kMinTimestamp || t > kMaxTimestamp) return std::nullopt;
  return t;
}

}  // namespace pharox
